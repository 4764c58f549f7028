package show

import "github.com/nodelift/nodelift/internal/text"

// ChangePlan is what a person sees before an update is changed.
type ChangePlan struct {
	Place
	Verb     string `json:"verb"`
	Update   string `json:"update"`
	Sentence string `json:"sentence"` // what will happen
	Settings string `json:"-"`        // those of the update, in words
}

// text is the plan as people read it.
func (p ChangePlan) text() string {
	rows := append(p.rows(), [2]string{"Group", p.Group}, [2]string{"Update", p.Update})
	if p.Settings != "" {
		rows = append(rows, [2]string{"Settings", p.Settings})
	}
	return "\n" + text.Rows("", rows) + "\n" + p.Sentence + "\n"
}
