package page

import "latchkey.dev/shared/domain/words"

// Activity is the agency's log, newest first, under the days.
type Activity struct {
	Workspace Workspace
	Families  []Option
	From, To  string // as typed
	Actor     string // ids that the form carries on
	Subject   string
	Only      []Chip
	Days      []ActivityDay
	Older     string
	Newest    string
	CSV       string // paths of the files
	JSONL     string
	Problems  Problems
}

// Filtered tells whether only some rows are asked for.
func (v Activity) Filtered() bool {
	for _, f := range v.Families {
		if f.Here && f.Value != "" {
			return true
		}
	}
	return v.From != "" || v.To != "" || len(v.Only) > 0
}

func (v Activity) frame(l words.Language) frame {
	return frame{template: activityHTML, title: v.Problems.title(l, l.Say("general.activity")), brand: v.Workspace.Brand, script: true}
}

// Option is one entry of a choice.
type Option struct {
	Value string
	Word  string
	Here  bool
}

// Chip is a filter that can be taken off.
type Chip struct {
	Text string
	URL  string // of the page without it
}

// ActivityDay holds what was done on one day.
type ActivityDay struct {
	Title string
	Rows  []ActivityRow
}

// ActivityRow is one sentence.
type ActivityRow struct {
	Tone   Tone
	Parts  []Part
	Detail string
	At     Time
}

// Part is a piece of a sentence.
type Part struct {
	Text   string
	URL    string
	Strong bool // a name
}
