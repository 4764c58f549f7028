// Package view turns the resources into what a person sees: rows of tables, the
// text of one update, the status line, the summary at the end.
//
// Everything here is a pure function of resources and a time, so that
// everything that shows an update says the same, and golden files show every word.
package view
