package fakeaws

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// consolePosted is when the console output of an instance is posted. EC2 says "shortly after an instance
// transition state" (GetConsoleOutput); people wait for it for minutes. That it is four is a guess.
const consolePosted = 4 * time.Minute

type consoleInput struct {
	ID     string `form:"InstanceId,required"`
	Latest *bool  `form:"Latest"`
}

type consoleOutput struct {
	ID     string     `xml:"instanceId"`
	Time   *timestamp `xml:"timestamp,omitempty"`
	Output string     `xml:"output"`
}

// getConsoleOutput returns what an instance has written to its console, in base64. It is posted after
// some minutes; with Latest it is that of this moment, for instances of the Nitro system only.
func (r *request) getConsoleOutput(in *consoleInput) (*consoleOutput, *Error) {
	if in.ID == "" {
		return nil, newError("MissingParameter", "The request must contain the parameter InstanceId")
	}
	found, err := r.machines([]string{in.ID})
	if err != nil {
		return nil, err
	}
	m := found[0]
	if t, _ := findInstanceType(m.Type); isTrue(in.Latest) && t.xen {
		return nil, newError("UnsupportedOperation", "This instance type does not support retrieving the latest console logs. "+
			"Run the request without the Latest parameter.")
	}
	out := &consoleOutput{ID: m.ID}
	text, at := r.consoleOf(m), r.now
	if !isTrue(in.Latest) {
		at = m.Launched.Add(consolePosted)
		if !m.Terminated.IsZero() && m.Terminated.Before(at) {
			at = m.Terminated
		}
	}
	if text != "" && !r.now.Before(at) {
		posted := timestamp(at)
		out.Output, out.Time = base64.StdEncoding.EncodeToString([]byte(text)), &posted
	}
	return out, nil
}

// consoleOf is what an instance writes to its console, as Linux does: colours, carriage returns, and a
// prompt at the end. An instance whose image is broken says why it does not join.
func (c *Cloud) consoleOf(m *machine) string {
	if m.State == StatePending {
		return ""
	}
	lines := []string{
		"[    0.000000] Linux version 6.12.40-63.114.amzn2023." + m.Arch,
		"[    5.102301] systemd[1]: \x1b[0;1;39mStarting cloud-init.service\x1b[0m...",
		"[   \x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mcloud-init.target\x1b[0m.",
	}
	if image := c.image(m.ImageID); image != nil && c.seen(*image).Broken {
		lines = append(lines, `[   12.734411] nodeadm[1402]: {"level":"fatal","msg":"run phase","error":"the kubelet does not start: unknown flag: --network-plugin"}`)
	}
	host, _, _ := strings.Cut(m.PrivateDNS, ".")
	return strings.Join(lines, "\r\n") + fmt.Sprintf("\r\n\x1b[2J\r\n%s login: ", host)
}
