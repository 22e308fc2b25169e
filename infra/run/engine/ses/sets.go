package ses

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// configurationSet is what belongs to the mails of one sender: whether it may send, whom it spares, who hears of it.
type configurationSet struct {
	Name         string
	Tags         []tag
	Sending      bool
	Suppression  *suppressionOptions `json:",omitempty"` // nil follows the account
	Reputation   bool
	Delivery     *deliveryOptions `json:",omitempty"`
	Destinations []destination
}

type suppressionOptions struct {
	SuppressedReasons []string
}

type sendingOptions struct {
	SendingEnabled bool
}

type reputationOptions struct {
	ReputationMetricsEnabled bool
}

type deliveryOptions struct {
	TLSPolicy          string `json:"TlsPolicy,omitzero"`
	SendingPoolName    string `json:",omitzero"`
	MaxDeliverySeconds int    `json:",omitzero"`
}

// destination is an event destination; the engine has topics only.
type destination struct {
	Name               string
	Enabled            bool
	MatchingEventTypes []string
	SNSDestination     *topic `json:"SnsDestination,omitempty"`
}

type topic struct {
	TopicARN string `json:"TopicArn"`
}

var setNames = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func noSet(name string) error { return notFound("Configuration set <%s> does not exist.", name) }

type createSetInput struct {
	ConfigurationSetName string
	Tags                 []tag
	SendingOptions       *sendingOptions
	SuppressionOptions   *suppressionOptions
	ReputationOptions    *reputationOptions
	DeliveryOptions      *deliveryOptions
}

func (e *Engine) createSet(_ *http.Request, in *createSetInput) (any, error) {
	if !setNames.MatchString(in.ConfigurationSetName) {
		return nil, badRequest("Configuration set name <%s> must be 1 to 64 letters, digits, underscores or dashes.",
			in.ConfigurationSetName)
	}
	s := &configurationSet{Name: in.ConfigurationSetName, Tags: in.Tags, Sending: true, Delivery: in.DeliveryOptions}
	if in.SendingOptions != nil {
		s.Sending = in.SendingOptions.SendingEnabled
	}
	if in.ReputationOptions != nil {
		s.Reputation = in.ReputationOptions.ReputationMetricsEnabled
	}
	if in.SuppressionOptions != nil {
		if err := checkReasons(in.SuppressionOptions.SuppressedReasons); err != nil {
			return nil, err
		}
		s.Suppression = in.SuppressionOptions
	}
	if err := in.DeliveryOptions.check(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	if e.sets[s.Name] != nil {
		e.mu.Unlock()
		return nil, exists("Configuration set <%s> already exists.", s.Name)
	}
	e.sets[s.Name] = s
	return nil, e.unlockAndKeep(change{Op: opSet, Name: s.Name, Set: s})
}

func (d *deliveryOptions) check() error {
	if d != nil && d.TLSPolicy != "" && d.TLSPolicy != "REQUIRE" && d.TLSPolicy != "OPTIONAL" {
		return badRequest("Invalid TlsPolicy %s.", d.TLSPolicy)
	}
	return nil
}

func checkReasons(reasons []string) error {
	for _, reason := range reasons {
		if reason != "BOUNCE" && reason != "COMPLAINT" {
			return badRequest("Invalid suppression reason %s: BOUNCE or COMPLAINT.", reason)
		}
	}
	return nil
}

// setOf finds the set that the path names. The caller holds the lock.
func (e *Engine) setOf(r *http.Request) (*configurationSet, error) {
	name := r.PathValue("set")
	if s := e.sets[name]; s != nil {
		return s, nil
	}
	return nil, noSet(name)
}

func (e *Engine) getSet(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.setOf(r)
	if err != nil {
		return nil, err
	}
	return struct {
		ConfigurationSetName string
		SendingOptions       sendingOptions
		ReputationOptions    reputationOptions
		SuppressionOptions   *suppressionOptions `json:",omitempty"`
		DeliveryOptions      *deliveryOptions    `json:",omitempty"`
		Tags                 []tag
	}{s.Name, sendingOptions{s.Sending}, reputationOptions{s.Reputation}, s.Suppression, s.Delivery, s.Tags}, nil
}

func (e *Engine) listSets(r *http.Request, in *listInput) (any, error) {
	if len(in.Filter) > 0 {
		return nil, badRequest("This engine lists configuration sets without a Filter.")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	names, next, err := in.page(r, slices.Sorted(maps.Keys(e.sets)))
	if err != nil {
		return nil, err
	}
	return struct {
		ConfigurationSets []string
		NextToken         string `json:",omitzero"`
	}{append([]string{}, names...), next}, nil
}

func (e *Engine) deleteSet(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	s, err := e.setOf(r)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	if err := e.untied(e.arn("configuration-set", s.Name)); err != nil {
		e.mu.Unlock()
		return nil, err
	}
	delete(e.sets, s.Name)
	return nil, e.unlockAndKeep(change{Op: opSet, Name: s.Name})
}

// editSet applies edit to a copy of the set that the path names, and keeps the copy when edit agrees.
func (e *Engine) editSet(r *http.Request, edit func(*configurationSet) error) error {
	e.mu.Lock()
	s, err := e.setOf(r)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	edited := *s
	edited.Destinations = slices.Clone(s.Destinations)
	if err := edit(&edited); err != nil {
		e.mu.Unlock()
		return err
	}
	e.sets[s.Name] = &edited
	return e.unlockAndKeep(change{Op: opSet, Name: s.Name, Set: &edited})
}

func (e *Engine) putSetSending(r *http.Request, in *sendingOptions) (any, error) {
	return nil, e.editSet(r, func(s *configurationSet) error {
		s.Sending = in.SendingEnabled
		return nil
	})
}

func (e *Engine) putSetSuppression(r *http.Request, in *suppressionOptions) (any, error) {
	return nil, e.editSet(r, func(s *configurationSet) error {
		s.Suppression = in
		return checkReasons(in.SuppressedReasons)
	})
}

func (e *Engine) putSetReputation(r *http.Request, in *reputationOptions) (any, error) {
	return nil, e.editSet(r, func(s *configurationSet) error {
		s.Reputation = in.ReputationMetricsEnabled
		return nil
	})
}

func (e *Engine) putSetDelivery(r *http.Request, in *deliveryOptions) (any, error) {
	return nil, e.editSet(r, func(s *configurationSet) error {
		s.Delivery = in
		return in.check()
	})
}

// eventTypes are the events that a destination may ask for.
var eventTypes = []string{
	"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE", "DELIVERY_DELAY",
	"SUBSCRIPTION",
}

type eventDestinationInput struct {
	EventDestinationName string
	EventDestination     *struct {
		Enabled                    bool
		MatchingEventTypes         []string
		SNSDestination             *topic `json:"SnsDestination"`
		CloudWatchDestination      any
		EventBridgeDestination     any
		KinesisFirehoseDestination any
		PinpointDestination        any
	}
}

// destination checks the definition. New ones need a topic and at least one event type.
func (in *eventDestinationInput) destination(name string) (destination, error) {
	d := in.EventDestination
	switch {
	case !setNames.MatchString(name):
		return destination{}, badRequest("Event destination name <%s> must be 1 to 64 letters, digits, underscores or "+
			"dashes.", name)
	case d == nil:
		return destination{}, badRequest("EventDestination is required.")
	case d.CloudWatchDestination != nil || d.EventBridgeDestination != nil || d.KinesisFirehoseDestination != nil ||
		d.PinpointDestination != nil:
		return destination{}, badRequest("This engine publishes events to SNS topics only: use SnsDestination.")
	case d.SNSDestination == nil || !strings.HasPrefix(d.SNSDestination.TopicARN, "arn:aws:sns:"):
		return destination{}, badRequest("An event destination needs the TopicArn of an SNS topic.")
	case len(d.MatchingEventTypes) == 0:
		return destination{}, badRequest("An event destination needs at least one of MatchingEventTypes.")
	}
	for _, kind := range d.MatchingEventTypes {
		if !slices.Contains(eventTypes, kind) {
			return destination{}, badRequest("Invalid event type %s.", kind)
		}
	}
	return destination{name, d.Enabled, d.MatchingEventTypes, d.SNSDestination}, nil
}

func (s *configurationSet) find(name string) int {
	return slices.IndexFunc(s.Destinations, func(d destination) bool { return d.Name == name })
}

const maxDestinations = 10 // per configuration set

func (e *Engine) createDestination(r *http.Request, in *eventDestinationInput) (any, error) {
	d, err := in.destination(in.EventDestinationName)
	if err != nil {
		return nil, err
	}
	return nil, e.editSet(r, func(s *configurationSet) error {
		if s.find(d.Name) >= 0 {
			return exists("Event destination <%s> already exists in configuration set <%s>.", d.Name, s.Name)
		}
		if len(s.Destinations) >= maxDestinations {
			return limitExceeded("A configuration set has at most %d event destinations.", maxDestinations)
		}
		s.Destinations = append(s.Destinations, d)
		return nil
	})
}

func (e *Engine) getDestinations(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.setOf(r)
	if err != nil {
		return nil, err
	}
	return struct{ EventDestinations []destination }{append([]destination{}, s.Destinations...)}, nil
}

func (e *Engine) updateDestination(r *http.Request, in *eventDestinationInput) (any, error) {
	name := r.PathValue("dest")
	d, err := in.destination(name)
	if err != nil {
		return nil, err
	}
	return nil, e.editSet(r, func(s *configurationSet) error {
		at := s.find(name)
		if at < 0 {
			return noDestination(name, s.Name)
		}
		s.Destinations[at] = d
		return nil
	})
}

func (e *Engine) deleteDestination(r *http.Request, _ *none) (any, error) {
	name := r.PathValue("dest")
	return nil, e.editSet(r, func(s *configurationSet) error {
		at := s.find(name)
		if at < 0 {
			return noDestination(name, s.Name)
		}
		s.Destinations = slices.Delete(s.Destinations, at, at+1)
		return nil
	})
}

func noDestination(name, set string) error {
	return notFound("Event destination <%s> does not exist in configuration set <%s>.", name, set)
}
