// Package show prints what a command does: its plan, what happens, how it stands
// and what came of it.
//
// There is a [Printer] for people, one for programs (JSON) and one for the log of
// the controller. The one for people leaves out what repeats for each pod and each
// node, unless asked for all; the others print every event. What is printed is a
// pure function of what the printer gets: texts about resources come from
// internal/view, texts about plans are here.
package show
