package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nodelift/nodelift/internal/view"
)

// logPrinter prints for those who read logs: what happens, and what there is to say.
type logPrinter struct{ log *slog.Logger }

func (l logPrinter) event(_ string, e view.Event) {
	level := slog.LevelInfo
	if e.Warning {
		level = slog.LevelWarn
	}
	details := []slog.Attr{slog.String("reason", e.Reason)}
	if e.Node != "" {
		details = append(details, slog.String("node", e.Node))
	}
	l.log.LogAttrs(context.Background(), level, e.Message, details...)
}

func (l logPrinter) say(format string, args ...any) { l.log.Info(fmt.Sprintf(format, args...)) }

func (logPrinter) plans([]plan, choice, bool) {}
func (logPrinter) change(changePlan, bool)    {}
func (logPrinter) status([]string)            {}
func (logPrinter) summary(view.Summary)       {}
func (logPrinter) overview(view.Overview)     {}
