package show

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nodelift/nodelift/internal/view"
)

// logPrinter writes events and messages into a log, and nothing else.
type logPrinter struct{ log *slog.Logger }

// NewLog returns the printer for the log of the controller.
func NewLog(log *slog.Logger) Printer { return logPrinter{log} }

func (l logPrinter) Events(_ string, events []view.Event) {
	for _, e := range events {
		l.event(e)
	}
}

func (l logPrinter) event(e view.Event) {
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

func (l logPrinter) Say(format string, args ...any) { l.log.Info(fmt.Sprintf(format, args...)) }

func (logPrinter) Plans([]Plan, string, bool) {}
func (logPrinter) Change(ChangePlan, bool)    {}
func (logPrinter) Status(string, string)      {}
func (logPrinter) Summary(view.Summary)       {}
func (logPrinter) Overview(view.Overview)     {}
