package page

import "latchkey.dev/shared/domain/words"

// Home is where an agency's people begin: what needs them, how many of everything there are, and what happened last.
type Home struct {
	Workspace Workspace
	Invited   Waiting // invitations to be a client of other agencies
	Suspended bool
	Rests     bool // whether inviting rests, because the agency has clients and is not on Max
	Tasks     []HomeTask
	More      int // how many tasks there are besides
	Steps     []HomeStep
	Try       bool // whether the sandbox is offered beside the steps
	Numbers   []HomeNumber
	Counted   bool // whether only the newest clients were counted
	Latest    []ActivityRow
}

func (v Home) frame(l words.Language) frame {
	return frame{template: homeHTML, title: l.Say("general.home"), brand: v.Workspace.Brand, script: true}
}

// Waiting is how many tasks there are.
func (v Home) Waiting() int { return len(v.Tasks) + v.More }

// Done is how many of the first steps are done.
func (v Home) Done() int {
	n := 0
	for _, s := range v.Steps {
		if s.Done {
			n++
		}
	}
	return n
}

// HomeTask is one thing that waits, with what settles it: a form, where Do is not empty, or a link.
type HomeTask struct {
	Tone   Tone
	Text   string
	Detail string // "" for none
	At     Time   // Machine "" when it is not known
	URL    string // of the form or the link
	Do     string
	Word   string // on the button
}

// HomeNumber is a number that leads to the list of what it counts.
type HomeNumber struct {
	Count string
	Word  string
	URL   string
	Tone  Tone // "" for one like the others
}

// HomeStep is one of the first steps.
type HomeStep struct {
	Done  bool
	Here  bool // whether it is the next one
	Title string
	Text  string
	URL   string
	Word  string // on the button
	Skip  string // path of the way around it; "" for none
}

// SandboxStart is the first page of the sandbox: who the client is that does not exist, and what can be looked at.
type SandboxStart struct {
	Workspace Workspace
	Client    string
	Email     string
	Things    []Linked
	Max       bool // whether the agency can invite real clients
}

func (v SandboxStart) frame(l words.Language) frame {
	return frame{template: sandboxHTML, title: l.Say("general.sandbox"), brand: v.Workspace.Brand, script: true,
		sandbox: &SandboxBar{Step: "start"}}
}

// InSandbox is a page of somebody else's as the sandbox shows it, with made-up values. It has no script, which would speak to
// the API about what does not exist.
type InSandbox struct {
	View View
	Step string
}

func (v InSandbox) frame(l words.Language) frame {
	f := v.View.frame(l)
	f.script, f.guest, f.till, f.sandbox = false, false, false, &SandboxBar{Step: v.Step}
	return f
}

// SandboxBar marks a page as one of the sandbox, and leads through it.
type SandboxBar struct{ Step string }

// SandboxStop is a page of the sandbox.
type SandboxStop struct {
	Word string
	URL  string
	Here bool
}

// Stops are the pages of the sandbox in their order.
func (b SandboxBar) Stops() []SandboxStop {
	stop := func(step, word string) SandboxStop { return SandboxStop{word, "/sandbox/" + step, step == b.Step} }
	return []SandboxStop{stop("start", words.Say("sandbox.overview")), stop("email", words.Say("sandbox.email")),
		stop("invitation", words.Say("sandbox.invitation")), stop("portal", words.Say("sandbox.portal")),
		stop("workflows", words.Say("sandbox.workflows"))}
}
