package ses

import (
	"cmp"
	"maps"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// The states that identities, DKIM and MAIL FROM go through.
const (
	statusPending    = "PENDING"
	statusSuccess    = "SUCCESS"
	statusFailed     = "FAILED"
	statusTemporary  = "TEMPORARY_FAILURE"
	statusNotStarted = "NOT_STARTED"
)

type tag struct {
	Key, Value string
}

// identity is a domain or an address that may send, as it is kept.
type identity struct {
	Name         string // as it was given
	IsDomain     bool
	Status       string
	Set          string // the default configuration set
	Tags         []tag
	Created      time.Time
	Verified     time.Time // zero while it never was
	Feedback     bool
	SigningOn    bool
	DKIM         string // status
	Tokens       []string
	Origin       string // AWS_SES, EXTERNAL
	KeyLength    string
	KeyMade      time.Time
	MailFrom     string // domain; empty for none
	MailFromFail string // BehaviorOnMxFailure
	MailFromNow  string // status

	ByHand bool // SetVerification says how DNS stands, and nobody asks it

	// How DNS stands, where there is a server to ask.
	Checked       time.Time // when it was asked last
	Problem       string    // the error type of that, of DKIM; "" for none
	SOA           *soa
	Since         time.Time // since when DKIM's records are waited for
	MailFromSince time.Time // since when those of MAIL FROM are
}

var domainName = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)

type signing struct {
	Selector   string `json:"DomainSigningSelector"`
	PrivateKey string `json:"DomainSigningPrivateKey"`
	Origin     string `json:"DomainSigningAttributesOrigin"`
	NextLength string `json:"NextSigningKeyLength"`
}

type createIdentityInput struct {
	EmailIdentity         string
	ConfigurationSetName  string
	DkimSigningAttributes *signing
	Tags                  []tag
}

type dkimOutput struct {
	SigningEnabled          bool
	Status                  string
	Tokens                  []string `json:",omitempty"`
	SigningAttributesOrigin string   `json:",omitzero"`
	NextSigningKeyLength    string   `json:",omitzero"`
	CurrentSigningKeyLength string   `json:",omitzero"`
	LastKeyGeneration       epoch    `json:"LastKeyGenerationTimestamp,omitzero"`
	SigningHostedZone       string   `json:",omitzero"`
}

type createIdentityOutput struct {
	IdentityType             string
	VerifiedForSendingStatus bool
	DkimAttributes           dkimOutput
}

const tokenLetters = "abcdefghijklmnopqrstuvwxyz234567"

func (e *Engine) createIdentity(_ *http.Request, in *createIdentityInput) (any, error) {
	name := strings.TrimSuffix(in.EmailIdentity, ".")
	id := &identity{
		Name: name, Status: statusPending, Set: in.ConfigurationSetName, Tags: in.Tags, Created: e.now(), Feedback: true,
		DKIM: statusNotStarted, Origin: "AWS_SES", KeyLength: "RSA_2048_BIT", KeyMade: e.now(), Since: e.now(),
	}
	switch {
	case name == "":
		return nil, badRequest("EmailIdentity is required.")
	case strings.Contains(name, "@"):
		if a, err := mail.ParseAddress(name); err != nil || a.Address != name {
			return nil, badRequest("Invalid email address <%s>.", name)
		}
		if in.DkimSigningAttributes != nil {
			return nil, badRequest("DKIM signing attributes are for domains; <%s> is an email address.", name)
		}
	case !domainName.MatchString(name):
		return nil, badRequest("Invalid domain name <%s>.", name)
	default:
		id.IsDomain, id.SigningOn = true, true
		if err := id.sign(in.DkimSigningAttributes); err != nil {
			return nil, err
		}
	}
	if e.options.VerifyAtOnce {
		id.verify(statusSuccess, e.now())
	}
	e.mu.Lock()
	key := strings.ToLower(name)
	if e.identities[key] != nil {
		e.mu.Unlock()
		return nil, exists("Email identity %s already exist.", name)
	}
	if in.ConfigurationSetName != "" && e.sets[in.ConfigurationSetName] == nil {
		e.mu.Unlock()
		return nil, noSet(in.ConfigurationSetName)
	}
	if len(e.identities) >= e.options.MaxIdentities {
		e.mu.Unlock()
		return nil, roundtrip.Errorf("LimitExceededException", "The account has %d identities, and may have no more.", len(e.identities))
	}
	e.identities[key] = id
	out := createIdentityOutput{id.kind(), id.sends(), e.dkim(id)}
	return out, e.unlockAndKeep(change{Op: opIdentity, Name: key, Identity: id})
}

// sign sets the DKIM tokens of a domain: three of Easy DKIM, or the selector of a key that the owner brings.
func (id *identity) sign(s *signing) error {
	id.DKIM = statusPending
	before := id.KeyLength
	switch {
	case s == nil || s.Selector == "" && s.PrivateKey == "" && s.Origin != "EXTERNAL":
		if s != nil && s.Origin != "" && s.Origin != "AWS_SES" {
			return badRequest("This engine has no DKIM signing of origin %s.", s.Origin)
		}
		if s != nil && s.NextLength != "" {
			if s.NextLength != "RSA_1024_BIT" && s.NextLength != "RSA_2048_BIT" {
				return badRequest("Invalid NextSigningKeyLength %s.", s.NextLength)
			}
			id.KeyLength = s.NextLength
		}
		id.KeyLength = cmp.Or(id.KeyLength, "RSA_2048_BIT")
		// Easy DKIM that is set again keeps its tokens, but for a key of another length
		// (https://github.com/floci-io/floci/pull/1904, checked on AWS).
		if id.Origin != "AWS_SES" || id.Tokens == nil || id.KeyLength != before {
			id.Tokens = []string{pick(tokenLetters, 32), pick(tokenLetters, 32), pick(tokenLetters, 32)}
		}
		id.Origin = "AWS_SES"
	case s.Selector == "" || s.PrivateKey == "" || s.NextLength != "":
		return badRequest("A domain brings its own DKIM key with both DomainSigningSelector and " +
			"DomainSigningPrivateKey, and without NextSigningKeyLength.")
	default:
		id.Origin, id.KeyLength, id.Tokens = "EXTERNAL", "", []string{s.Selector}
	}
	return nil
}

// verify sets the identity's own status, and its DKIM's when it is a domain: with Easy DKIM the two are one.
func (id *identity) verify(status string, now time.Time) {
	id.Status = status
	if id.IsDomain {
		id.DKIM = status
	}
	if status == statusSuccess {
		id.Verified = now
	}
}

func (id *identity) kind() string {
	if id.IsDomain {
		return "DOMAIN"
	}
	return "EMAIL_ADDRESS"
}

func (id *identity) sends() bool { return id.Status == statusSuccess }

func (e *Engine) dkim(id *identity) dkimOutput {
	out := dkimOutput{SigningEnabled: id.SigningOn, Status: id.DKIM, Tokens: id.Tokens}
	if id.IsDomain {
		out.SigningAttributesOrigin = id.Origin
	}
	if id.IsDomain && id.Origin == "AWS_SES" {
		out.NextSigningKeyLength, out.CurrentSigningKeyLength = id.KeyLength, id.KeyLength
		out.LastKeyGeneration = epochOf(id.KeyMade)
		out.SigningHostedZone = signingZone(e.options.Region)
	}
	return out
}

// ownZones are the Regions that publish DKIM keys in a zone of their own; the others share one
// (https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains).
var ownZones = []string{"af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1", "eu-south-1",
	"il-central-1"}

// signingZone is the zone that the DKIM records of a Region's identities point into.
func signingZone(region string) string {
	if slices.Contains(ownZones, region) {
		return "dkim." + region + ".amazonses.com"
	}
	return "dkim.amazonses.com"
}

// identityOf finds the identity that the path names. The caller holds the lock.
func (e *Engine) identityOf(r *http.Request) (string, *identity, error) {
	name := r.PathValue("identity")
	key := strings.ToLower(name)
	if id := e.identities[key]; id != nil {
		return key, id, nil
	}
	return "", nil, notFound("Email identity %s does not exist.", name)
}

type mailFromOutput struct {
	MailFromDomain       string
	MailFromDomainStatus string
	BehaviorOnMxFailure  string
}

type getIdentityOutput struct {
	IdentityType             string
	FeedbackForwardingStatus bool
	VerifiedForSendingStatus bool
	DkimAttributes           dkimOutput
	MailFromAttributes       *mailFromOutput `json:",omitempty"`
	Policies                 map[string]string
	Tags                     []tag
	ConfigurationSetName     string `json:",omitzero"`
	VerificationStatus       string
	VerificationInfo         *verificationInfo `json:",omitempty"`
}

type verificationInfo struct {
	LastCheckedTimestamp epoch
	LastSuccessTimestamp epoch  `json:",omitzero"`
	ErrorType            string `json:",omitzero"`
	SOARecord            *soa   `json:",omitempty"`
}

func (e *Engine) getIdentity(r *http.Request, _ *none) (any, error) {
	e.verifyDue(r.Context())
	e.mu.Lock()
	defer e.mu.Unlock()
	_, id, err := e.identityOf(r)
	if err != nil {
		return nil, err
	}
	out := getIdentityOutput{
		IdentityType: id.kind(), FeedbackForwardingStatus: id.Feedback, VerifiedForSendingStatus: id.sends(),
		DkimAttributes: e.dkim(id), Policies: map[string]string{}, Tags: slices.Clone(id.Tags),
		ConfigurationSetName: id.Set, VerificationStatus: id.Status,
	}
	if id.MailFrom != "" {
		out.MailFromAttributes = &mailFromOutput{id.MailFrom, id.MailFromNow, id.MailFromFail}
	}
	if id.IsDomain {
		out.VerificationInfo = &verificationInfo{LastCheckedTimestamp: epochOf(e.now()), ErrorType: id.Problem, SOARecord: id.SOA}
		if !id.Checked.IsZero() {
			out.VerificationInfo.LastCheckedTimestamp = epochOf(id.Checked)
		}
		if !id.Verified.IsZero() {
			out.VerificationInfo.LastSuccessTimestamp = epochOf(id.Verified)
		}
	}
	return out, nil
}

type identityEntry struct {
	IdentityType       string
	IdentityName       string
	SendingEnabled     bool
	VerificationStatus string
}

func (e *Engine) listIdentities(r *http.Request, in *listInput) (any, error) {
	if len(in.Filter) > 0 {
		return nil, badRequest("This engine lists identities without a Filter.")
	}
	e.verifyDue(r.Context())
	e.mu.Lock()
	defer e.mu.Unlock()
	names, next, err := in.page(r, slices.Sorted(maps.Keys(e.identities)))
	if err != nil {
		return nil, err
	}
	entries := []identityEntry{}
	for _, name := range names {
		id := e.identities[name]
		entries = append(entries, identityEntry{id.kind(), id.Name, id.sends(), id.Status})
	}
	return struct {
		EmailIdentities []identityEntry
		NextToken       string `json:",omitzero"`
	}{entries, next}, nil
}

// listInput is what a list in pages is asked with: SDKs of 2026 post it, those before put it into the query.
type listInput struct {
	PageSize  *int
	NextToken string
	Filter    map[string]string
}

// page cuts the page that the body's or the query's PageSize and NextToken ask for; the token is the last name of the
// page before.
func (in *listInput) page(r *http.Request, names []string) (cut []string, next string, err error) {
	query := r.URL.Query()
	size, token := query.Get("PageSize"), query.Get("NextToken")
	if in.PageSize != nil {
		size = strconv.Itoa(*in.PageSize)
	}
	return pageAfter(names, size, cmp.Or(in.NextToken, token))
}

func pageAfter(names []string, size, token string) (cut []string, next string, err error) {
	limit := 1000
	if size != "" {
		if limit, err = strconv.Atoi(size); err != nil || limit < 0 || limit > 1000 {
			return nil, "", badRequest("PageSize must be between 0 and 1000.")
		}
		if limit == 0 {
			limit = 1000
		}
	}
	at, found := slices.BinarySearch(names, token)
	if found {
		at++
	}
	if token != "" {
		names = names[at:]
	}
	if len(names) > limit {
		return names[:limit], names[limit-1], nil
	}
	return names, "", nil
}

func (e *Engine) deleteIdentity(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	key, id, err := e.identityOf(r)
	if err == nil {
		err = e.untied(e.arn("identity", id.Name))
	}
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	delete(e.identities, key)
	return nil, e.unlockAndKeep(change{Op: opIdentity, Name: key})
}

// editIdentity applies edit to a copy of the identity that the path names, and keeps the copy when edit agrees.
func (e *Engine) editIdentity(r *http.Request, edit func(*identity) error) error {
	e.mu.Lock()
	key, id, err := e.identityOf(r)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	edited := *id
	if err := edit(&edited); err != nil {
		e.mu.Unlock()
		return err
	}
	e.identities[key] = &edited
	return e.unlockAndKeep(change{Op: opIdentity, Name: key, Identity: &edited})
}

type enabled struct {
	SigningEnabled         bool
	EmailForwardingEnabled bool
}

func (e *Engine) putDKIM(r *http.Request, in *enabled) (any, error) {
	return nil, e.editIdentity(r, func(id *identity) error {
		id.SigningOn = in.SigningEnabled
		return nil
	})
}

func (e *Engine) putFeedback(r *http.Request, in *enabled) (any, error) {
	return nil, e.editIdentity(r, func(id *identity) error {
		id.Feedback = in.EmailForwardingEnabled
		return nil
	})
}

type putDKIMSigningInput struct {
	SigningAttributesOrigin string
	SigningAttributes       *signing
}

func (e *Engine) putDKIMSigning(r *http.Request, in *putDKIMSigningInput) (any, error) {
	var out struct {
		DkimStatus        string
		DkimTokens        []string
		SigningHostedZone string `json:",omitzero"`
	}
	err := e.editIdentity(r, func(id *identity) error {
		s := signing{Origin: in.SigningAttributesOrigin}
		if in.SigningAttributes != nil {
			s = *in.SigningAttributes
			s.Origin = in.SigningAttributesOrigin
		}
		if !id.IsDomain {
			return badRequest("DKIM signing attributes are for domains; <%s> is an email address.", id.Name)
		}
		if err := id.sign(&s); err != nil {
			return err
		}
		id.KeyMade, id.Since, id.Checked = e.now(), e.now(), time.Time{}
		if id.Status == statusFailed { // its records are waited for once more
			id.Status = statusPending
		}
		if e.options.VerifyAtOnce {
			id.verify(statusSuccess, e.now())
		}
		out.DkimStatus, out.DkimTokens = id.DKIM, id.Tokens
		out.SigningHostedZone = e.dkim(id).SigningHostedZone
		return nil
	})
	return out, err
}

type putMailFromInput struct {
	MailFromDomain      string
	BehaviorOnMxFailure string
}

func (e *Engine) putMailFrom(r *http.Request, in *putMailFromInput) (any, error) {
	return nil, e.editIdentity(r, func(id *identity) error {
		if in.MailFromDomain == "" {
			id.MailFrom, id.MailFromFail, id.MailFromNow = "", "", ""
			return nil
		}
		behavior := in.BehaviorOnMxFailure
		if behavior == "" {
			behavior = "USE_DEFAULT_VALUE"
		}
		if behavior != "USE_DEFAULT_VALUE" && behavior != "REJECT_MESSAGE" {
			return badRequest("Invalid BehaviorOnMxFailure %s.", behavior)
		}
		parent := strings.ToLower(id.Name[strings.LastIndexByte(id.Name, '@')+1:])
		if !domainName.MatchString(in.MailFromDomain) ||
			!strings.HasSuffix(strings.ToLower(in.MailFromDomain), "."+parent) {
			return badRequest("Provided MAIL-FROM domain <%s> is not subdomain of the domain of the identity <%s>.",
				in.MailFromDomain, id.Name)
		}
		id.MailFrom, id.MailFromFail, id.MailFromNow = in.MailFromDomain, behavior, statusPending
		id.MailFromSince, id.Checked = e.now(), time.Time{}
		if e.options.VerifyAtOnce {
			id.MailFromNow = statusSuccess
		}
		return nil
	})
}

type setName struct {
	ConfigurationSetName string
}

func (e *Engine) putIdentitySet(r *http.Request, in *setName) (any, error) {
	return nil, e.editIdentity(r, func(id *identity) error {
		if in.ConfigurationSetName != "" && e.sets[in.ConfigurationSetName] == nil {
			return noSet(in.ConfigurationSetName)
		}
		id.Set = in.ConfigurationSetName
		return nil
	})
}

// SetVerification says how DNS stands for an identity, as a check by SES would find it: the identity and its DKIM, and
// its MAIL FROM domain, each PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE or NOT_STARTED; empty leaves one as it is. It
// answers an error of code NotFoundException for an identity that does not exist, and BadRequestException for a
// status that does not, or a MAIL FROM status of an identity without a MAIL FROM domain.
func (e *Engine) SetVerification(name, dkim, mailFrom string) error {
	known := []string{"", statusPending, statusSuccess, statusFailed, statusTemporary, statusNotStarted}
	if !slices.Contains(known, dkim) || !slices.Contains(known, mailFrom) {
		return badRequest("no verification status %q, %q", dkim, mailFrom)
	}
	e.mu.Lock()
	key := strings.ToLower(name)
	id := e.identities[key]
	if id == nil {
		e.mu.Unlock()
		return notFound("Email identity %s does not exist.", name)
	}
	if mailFrom != "" && id.MailFrom == "" {
		e.mu.Unlock()
		return badRequest("%s has no MAIL FROM domain", name)
	}
	edited := *id
	edited.ByHand = true
	if dkim != "" {
		edited.verify(dkim, e.now())
	}
	if mailFrom != "" {
		edited.MailFromNow = mailFrom
	}
	e.identities[key] = &edited
	return e.unlockAndKeep(change{Op: opIdentity, Name: key, Identity: &edited})
}
