// Package show prints what a command does: its plan, what happens, how it stands
// and what came of it.
//
// There is a [Printer] for people, one for programs (JSON) and one for the log of
// the controller. The one for people condenses what repeats for each pod and each
// node (condense.go) unless all was asked for; the others print every event. Texts
// about resources come from internal/view; texts about plans are here.
package show
