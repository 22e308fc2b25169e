package page

import "latchkey.dev/shared/domain/words"

// Webhooks is the settings' page of webhook endpoints.
type Webhooks struct {
	Workspace Workspace
	Tab       string
	Rows      []HookRow
	Full      bool // whether there is no room for another one
	Form      HookForm
	Secret    NewSecret
	Note      Note
	Problems  Problems
}

func (v Webhooks) frame() frame {
	return frame{template: webhooksHTML, title: v.Problems.title(words.Say("webhooks.title")), brand: v.Workspace.Brand, script: true}
}

// NewSecret is a signing secret on the one page that shows it.
type NewSecret struct {
	Title string
	Text  string // "" for none
}

// HookRow is one endpoint in the list.
type HookRow struct {
	URL         string // of its page
	Address     string
	Description string
	Events      string
	State       Badge
}

// HookForm is the form of an endpoint.
type HookForm struct {
	Action      string
	Do          string
	Key         string // the Idempotency-Key; "" for a change
	Address     string
	Description string
	Families    []HookFamily
	Problems    Problems
}

// HookFamily is what events of one kind there are.
type HookFamily struct {
	Name  string
	Open  bool // whether one of them is chosen
	Types []HookType
}

// HookType is a type of events that can be chosen.
type HookType struct {
	Value  string
	Ticked bool
}

// Webhook is the page of one endpoint.
type Webhook struct {
	Workspace  Workspace
	Tab        string
	Endpoint   HookRow
	Why        string // what is the matter with it; "" for nothing
	OldSecret  string // until when the one before is used; "" for no more
	Enabled    bool
	Recovering bool
	Since      string // from when to recover, as the form has it
	Asks       string // what is asked about: "rotate", "delete", or ""
	Form       HookForm
	Secret     NewSecret
	Shown      *HookDelivery // the one that is looked at
	Watch      bool          // whether it is tried soon, so that the page keeps itself up to date
	Edition    string        // says when what is shown of it has changed
	Deliveries []HookDelivery
	Older      string // where the next page is; "" at the end
	Newest     string // where the first page is; "" on it
	Note       Note
	Problems   Problems
}

func (v Webhook) frame() frame {
	return frame{template: webhookHTML, title: v.Problems.title(words.Say("webhooks.title")), brand: v.Workspace.Brand, script: true}
}

// HookDelivery is an event on its way to the endpoint.
type HookDelivery struct {
	ID       string
	URL      string
	Type     string
	Message  string
	State    Badge
	Mark     string // that it is a test, or was recovered; "" for neither
	At       Time
	Last     string // what came of the last attempt
	Next     Time   // Machine "" for none
	Payload  string // of the one that is looked at
	Attempts []HookAttempt
}

// HookAttempt is one try.
type HookAttempt struct {
	At     Time
	Says   string
	ByHand bool
	Answer string
}
