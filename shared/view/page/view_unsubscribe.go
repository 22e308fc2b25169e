package page

import "latchkey.dev/shared/domain/words"

// Unsubscribe is where the links lead by which people stop mails. It names nobody.
type Unsubscribe struct {
	Brand   Brand
	Known   bool   // whether the link leads somewhere
	Agency  string // its name, where the link is known
	Updates bool   // whether the mails tell a member what clients did; else they remind of invitations
	Off     bool   // whether they are stopped
	Undone  bool   // whether that was taken back a moment ago
	URL     string // the page's own address
	Field   string // the name of the field that says what to do
	Stop    string // its value to stop the mails
	Undo    string // its value to take that back
}

func (v Unsubscribe) frame(l words.Language) frame {
	return frame{template: unsubscribeHTML, title: v.title(l), brand: v.Brand}
}

// title is what the page says first.
func (v Unsubscribe) title(l words.Language) string {
	switch {
	case v.Undone:
		return l.Say("unsubscribe.undone")
	case v.Off && v.Updates:
		return l.Say("unsubscribe.stopped_updates")
	case v.Off && v.Known:
		return l.Say("unsubscribe.stopped_reminders")
	case v.Off:
		return l.Say("unsubscribe.stopped")
	case v.Updates:
		return l.Say("unsubscribe.ask_updates")
	case v.Known:
		return l.Say("unsubscribe.ask_reminders")
	}
	return l.Say("unsubscribe.ask")
}
