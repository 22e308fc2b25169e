package sender

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/secret"
)

// Identity is what the platform's mail service has of a name. It belongs to the name, and is the same for all who claim it: its
// tokens are no secret and prove nothing.
type Identity struct {
	Domain         Domain
	Region         string   // of the service, in which the identity is
	Hosted         string   // SES's SigningHostedZone
	Tokens         []string // of DKIM; none while the identity has not been made
	Status         string   // in SES's words, which may be new ones
	Failure        string
	MailFrom       string // the MAIL FROM domain that was set
	MailFromStatus string
	AskedAt        time.Time // when SES was asked last

	Version int
}

// Known tells whether there is an identity of the name, or is to be one.
func (i *Identity) Known() bool { return i.Version > 0 }

// Made tells whether the service has the identity.
func (i *Identity) Made() bool { return len(i.Tokens) > 0 }

// Hold says that an agency has a name of a tree.
type Hold struct {
	Domain Domain
	Agency id.Agency
	ID     id.SenderDomain
}

// MaxHolds is how many names of one tree can be held.
const MaxHolds = 50

// Tree is the names that are held at and below a registrable domain. Everything about who has which of them is decided with the
// tree's version, so that of many who have proven a name one gets it (T2, T3).
type Tree struct {
	Top   Domain
	Holds []Hold

	Version int
}

// TopOf is the top of the tree that a domain stands in.
func TopOf(d Domain) Domain {
	if r := Registrable(d); r != "" {
		return r
	}
	return d
}

// Taken tells whether another agency has the very name.
func (t *Tree) Taken(d Domain, by id.Agency) bool {
	return slices.ContainsFunc(t.Holds, func(h Hold) bool { return h.Domain == d && h.Agency != by })
}

// Contested tells whether another agency has a name of the tree, so that the registrable domain has to be proven.
func (t *Tree) Contested(by id.Agency) bool {
	return slices.ContainsFunc(t.Holds, func(h Hold) bool { return h.Agency != by })
}

// Hold adds a name; false when the tree has no room.
func (t *Tree) Hold(h Hold) bool {
	if slices.Contains(t.Holds, h) {
		return true
	}
	if len(t.Holds) >= MaxHolds {
		return false
	}
	t.Holds = append(t.Holds, h)
	return true
}

// Has tells whether the claim holds its name.
func (t *Tree) Has(claim id.SenderDomain) bool {
	return slices.ContainsFunc(t.Holds, func(h Hold) bool { return h.ID == claim })
}

// Drop takes what a claim holds away, and tells whether it held anything.
func (t *Tree) Drop(claim id.SenderDomain) bool {
	n := len(t.Holds)
	t.Holds = slices.DeleteFunc(t.Holds, func(h Hold) bool { return h.ID == claim })
	return len(t.Holds) < n
}

// Report is what the doctor found at one time.
type Report struct {
	At          time.Time
	Verdicts    []Verdict // of the records, in the order in which they are published, and of DMARC at the end
	Mailboxes   string    // what to say of mailboxes that the domain has (D20); "" for nothing
	FromSPF     string    // what to say of the domain's own SPF records (D9); "" for nothing
	Zone        string    // the zone that has the domain, without a final dot; "" where it could not be found
	NameServers []string
}

// Right tells whether all that has to be right is.
func (r *Report) Right() bool {
	s := SeenBy(r.Verdicts)
	return s.Asked && s.Proof && s.DKIM
}

// RecordsLink is a link that shows a domain's records to whoever has it. It is made without a hash, of a job with its ID; the worker
// that mails it makes the token, and forgets the address.
type RecordsLink struct {
	ID        string // names the link and its mail
	Hash      secret.Hash
	Address   email.Address // whom to mail it to, until that is done; "" from then on
	To        string        // masked: whom it was mailed to
	At        time.Time
	ExpiresAt time.Time
	MailAt    time.Time // when to have it mailed once more, unless that is done
}

// Bounds of the links.
const (
	RecordsLinkLife = 14 * 24 * time.Hour
	MaxRecordsLinks = 20
)

// Test is the last test mail.
type Test struct {
	ID      string // names the mail
	At      time.Time
	By      id.Member
	Outcome string // "", while nothing is known; TestDelivered, TestFailed
	Detail  string // in plain words
	EndedAt time.Time
	OwnSMTP bool // whether it went by the agency's own server
}

// Outcomes of test mails.
const (
	TestDelivered = "delivered"
	TestFailed    = "failed"
)

// OwnServer is the agency's own mail server, as the other way for mail from a domain.
type OwnServer struct {
	mailserver.Server
	Password string // sealed for [Claim.PasswordPlace]
	SetAt    time.Time
	Refusals int       // in a row
	OffAt    time.Time // when it was switched off since it refused too often; zero while it is not
	Why      string    // what it said then, in plain words
	TellAt   time.Time // when to see whether the owners were told of that; zero when they were
}

// MaxRefusals is how often in a row a server may refuse before the platform's sender is used.
const MaxRefusals = 3

// Claim is an agency's sender domain with all that is kept of it. What belongs to the name is read along.
type Claim struct {
	Sender

	ID     id.SenderDomain
	Agency id.Agency
	By     id.Member // who has claimed it
	Token  string    // of the proof
	Label  string    // of the MAIL FROM domain
	Why    string    // why the operator has to look at the name; "" where it doesn't

	Zone        string // as it was found last
	NameServers []string
	NoDMARC     bool
	Report      Report // of the last look that asked
	Links       []RecordsLink
	Test        Test
	Own         *OwnServer // nil for none
	Untold      *Change    // of which owners are not told yet
	PrepareAt   time.Time  // when to see whether the identity was made; zero when it was
	EndAt       time.Time  // of a claim that is over: when to go on with its end; zero before it begins
	AtTop       bool       // whether the proof is at the registrable domain, since another agency had a name of the tree
	PeekAt      time.Time  // of a draft whose records were handed on: when to see whether they are there; zero for never
	Cleared     bool       // whether the identity was deleted that nobody claims any more
	Admitted    bool       // whether the agency's tenant may send from the identity

	Identity Identity // of the name
	Tree     Tree     // that the name stands in

	Version int
}

// Forget takes links away that open nothing any more, with what is known of those whom they were mailed to.
func (c *Claim) Forget(now time.Time) {
	c.Links = slices.DeleteFunc(c.Links, func(l RecordsLink) bool { return !now.Before(l.ExpiresAt) })
}

// NewToken is a proof's token: 128 random bits (T1).
func NewToken() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return hex.EncodeToString(b)
}

// prepare is how long after a claim its identity is expected to be made, and how often it is asked for again.
const prepare = 2 * time.Minute

// NewClaim begins with a domain. The reason why the operator has to look at it is "" where it doesn't.
func NewClaim(of id.Agency, by id.Member, d Domain, held string, now time.Time) *Claim {
	return &Claim{Sender: Claimed(d, held != "", now), ID: id.New[id.SenderDomain](id.DomainPrefix, now), Agency: of, By: by,
		Token: NewToken(), Label: BounceLabel, Why: held, PrepareAt: now.Add(prepare), Identity: Identity{Domain: d}}
}

// Prepared notes that the identity is there, or is asked for once more.
func (c *Claim) Prepared(there bool, now time.Time) {
	if c.PrepareAt = now.Add(prepare); there {
		c.PrepareAt = time.Time{}
	}
}

// Elsewhere has the claim begin anew in another region of the mail service, where its identity is to be made.
func (c *Claim) Elsewhere(now time.Time) Change {
	c.PrepareAt = now
	return c.Regress(Region, now)
}

// DueAt is when to look after the claim; zero for never.
func (c *Claim) DueAt() time.Time {
	due := []time.Time{c.Due}
	if c.Over() {
		if due = []time.Time{c.EndAt}; c.EndAt.IsZero() {
			due = []time.Time{c.Since}
		}
	}
	if c.State != Released {
		due = append(due, c.PrepareAt)
	}
	if c.State == Draft {
		due = append(due, c.PeekAt)
	}
	if c.Untold != nil {
		due = append(due, c.Untold.At)
	}
	if c.Own != nil {
		due = append(due, c.Own.TellAt)
	}
	for _, l := range c.Links {
		if l.waits() {
			due = append(due, l.MailAt)
		}
	}
	due = slices.DeleteFunc(due, time.Time.IsZero)
	if len(due) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(due, time.Time.Compare)
}

// waits tells whether the link's mail has not gone out, as far as is known.
func (l *RecordsLink) waits() bool { return l.Address != "" && !l.MailAt.IsZero() }

// How long a link's mail may take before its job is put on the queue once more: at first, when whoever asked for it may have been cut
// off, and from then on, when the job may be under way.
const (
	mailWithin = 2 * time.Minute
	mailAgain  = 10 * time.Minute
)

// AddLink adds a link that is to be mailed, in place of the oldest where there are too many.
func (c *Claim) AddLink(which string, to email.Address, now time.Time) {
	c.Forget(now)
	if len(c.Links) >= MaxRecordsLinks {
		c.Links = c.Links[1:]
	}
	c.Links = append(c.Links, RecordsLink{ID: which, Address: to, To: to.Masked(), At: now, ExpiresAt: now.Add(RecordsLinkLife),
		MailAt: now.Add(mailWithin)})
}

// Unmailed names the links whose mail is overdue, and puts off when to look after them again. Those that have ended are forgotten.
func (c *Claim) Unmailed(now time.Time) []string {
	c.Forget(now)
	var out []string
	for i := range c.Links {
		if l := &c.Links[i]; l.waits() && !now.Before(l.MailAt) {
			l.MailAt = now.Add(mailAgain)
			out = append(out, l.ID)
		}
	}
	return out
}

// Contested tells whether the registrable domain has to be proven, since another agency has a name of the tree (T3). It need not be
// while another has the very name: nothing that could be published would bring that one (T2).
//
// Whoever has the name by now is not asked anew when somebody else comes, and whoever was asked once stays so: a proof keeps its place.
func (c *Claim) Contested() bool {
	return c.AtTop || c.Tree.Contested(c.Agency) && !c.Tree.Taken(c.Domain, c.Agency) && !c.Tree.Has(c.ID)
}

// Wanted is what the claim's records are made of.
func (c *Claim) Wanted() Wanted {
	return Wanted{Domain: c.Domain, Zone: c.Zone, Token: c.Token, Hosted: c.Identity.Hosted, Tokens: c.Identity.Tokens, Label: c.Label,
		Region: c.Identity.Region, NoDMARC: c.NoDMARC && !c.ProofOnly, Contested: c.Contested(), ProofOnly: c.ProofOnly}
}

// Lines are the records that the claim wants published, each with how it stood at the last look. One that is another record by now was
// not looked for. It is no method of the claim: every program that renders a template links all methods of what it may come across, and
// this one would bring 60 KB of judging records with it.
func Lines(c *Claim) []Verdict {
	records := Records(c.Wanted())
	out := make([]Verdict, len(records))
	for i, r := range records {
		at := slices.IndexFunc(c.Report.Verdicts, func(v Verdict) bool {
			return v.Record.Role == r.Role && v.Record.Name == r.Name && v.Record.Type == r.Type && v.Record.Value == r.Value
		})
		if at < 0 {
			out[i] = Check{}.judge(r)
			continue
		}
		out[i] = c.Report.Verdicts[at]
		out[i].Record = r
	}
	return out
}

// DMARC is how DMARC stood at the last look; false where nobody has looked.
func (c *Claim) DMARC() (Verdict, bool) {
	at := slices.IndexFunc(c.Report.Verdicts, func(v Verdict) bool { return v.Record.Role == DMARC })
	if at < 0 {
		return Verdict{}, false
	}
	return c.Report.Verdicts[at], true
}

// Ready tells whether all records to publish are known.
func (c *Claim) Ready() bool { return c.ProofOnly || c.Identity.Made() }

// PasswordPlace is where the server's password is sealed for. A server of another host or port is another place, so that what was
// typed for one is never sent to another (S9).
func (c *Claim) PasswordPlace(s mailserver.Server) string {
	return string(c.Agency) + "/" + string(c.ID) + "/" + s.Address()
}

// Refused notes that the agency's own server would not take the password, or the mail of any recipient; it tells whether the
// server is switched off by that.
func (o *OwnServer) Refused(why string, now time.Time) bool {
	if !o.OffAt.IsZero() {
		return false
	}
	if o.Refusals++; o.Refusals < MaxRefusals {
		return false
	}
	o.OffAt, o.Why, o.TellAt = now, why, now.Add(tellAfter)
	return true
}

// Tells notes the change for the owners, where they are told of it.
func (c *Claim) Tells(change Change) {
	if change.Mailed() {
		c.Untold = &change
	}
}
