package page

import "latchkey.dev/shared/domain/words"

// Notifications is the settings' page on which a member chooses what they are told by mail.
type Notifications struct {
	Workspace Workspace
	Tab       string
	Email     string // where the mails go
	Invites   []NotificationKind
	Money     []NotificationKind // of these owners are told for all clients
	Rights    []NotificationKind // of these the administrators of Client Portal are told; none for others
	Note      Note
	Leave     string // the id of the member, who leaves the agency from here; "" where there is a page of members for that
	Problems  Problems
}

func (v Notifications) frame() frame {
	return frame{template: notificationsHTML, title: v.Problems.title(words.Say("general.notifications")), brand: v.Workspace.Brand,
		script: true}
}

// NotificationKind is one kind that can be switched.
type NotificationKind struct {
	Value string
	Title string
	On    bool
}
