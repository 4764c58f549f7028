// Package view turns the resources into what a person sees: rows of tables, the
// text of one update, the status line, the summary at the end.
//
// Everything here is a pure function of resources and a time, so that the
// command line and whatever else shows an upgrade say the same, and so that golden
// files hold every word.
package view
