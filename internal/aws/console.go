package aws

import (
	"context"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// The most of a console's output that is told: it becomes a part of a message that is kept.
const (
	consoleLines = 8
	consoleBytes = 600
)

// Console returns the last lines of what an instance has written to its console. That is asked for as it is
// now; instances that are not of the Nitro system have only what was posted some minutes after their start.
func (g *Groups) Console(ctx context.Context, instance string) (string, error) {
	out, err := g.console(ctx, &ec2.GetConsoleOutputInput{InstanceId: &instance, Latest: sdk.Bool(true)})
	if isRefused(code(err)) {
		out, err = g.console(ctx, &ec2.GetConsoleOutputInput{InstanceId: &instance})
	}
	if err != nil {
		return "", explain(err, "get the console output of", "instance "+instance)
	}
	return lastLines(out), nil
}

func (g *Groups) console(ctx context.Context, in *ec2.GetConsoleOutputInput) (string, error) {
	out, err := g.facts.compute.GetConsoleOutput(ctx, in)
	if err != nil {
		return "", err
	}
	text, err := base64.StdEncoding.DecodeString(sdk.ToString(out.Output))
	return string(text), err
}

// lastLines returns the last lines that say something, in one line, without what terminals do not print.
func lastLines(text string) string {
	text = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])`).ReplaceAllString(text, "")
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = strings.TrimSpace(strings.Map(printable, line)); line != "" {
			lines = append(lines, line)
		}
	}
	last := strings.Join(lines[max(0, len(lines)-consoleLines):], " | ")
	if len(last) <= consoleBytes {
		return last
	}
	return "…" + strings.ToValidUTF8(last[len(last)-consoleBytes:], "")
}

// printable makes a space of a tab, and nothing of what is not printed.
func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r == unicode.ReplacementChar || !unicode.IsPrint(r):
		return -1
	}
	return r
}
