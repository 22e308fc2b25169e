package page

// Rename is the offer to change a client's name.
type Rename struct {
	Open     bool
	Name     string // as it is, or as typed
	Edition  string // what the form was made from
	Problems Problems
}

// GrantForm is the offer to open something more to a client.
type GrantForm struct {
	Choices  []Choice // what is not open yet; none: there is nothing to offer
	Write    bool     // as chosen
	Problems Problems
}

// Question is asked before something that cannot be taken back.
type Question struct {
	Open   bool
	Facts  []Fact // who keeps what, in sentences
	Client string // whom it is about
}

// Fact is one sentence of what will happen, with how good it is for whoever reads it.
type Fact struct {
	Tone Tone // Good for what stays, Bad for what ends
	Text string
}

// Proposal is an invitee's wish for another address.
type Proposal struct {
	Address string
	Invited string // the address that was invited
	Barred  string // why the agency may not invite another one, in a sentence; "" when it may
	At      Time
}
