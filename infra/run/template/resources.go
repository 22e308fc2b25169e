package template

import (
	"strconv"
	"time"
)

// readResource adds a resource to the template. The types are those of AWS's "Resource and property types reference"
// and of SAM's specification.
func (d *document) readResource(t *Template, res *resource, errs *[]error) {
	if res.kind == "AWS::Serverless::Function" {
		d.readFunction(t, res, errs)
		return
	}
	v := value{kind: object, line: res.line}
	if res.properties != nil {
		var err error
		if v, err = d.resolve(res.properties); err != nil {
			*errs = append(*errs, err)
			return
		}
	}
	r := newReader(res.id+" ("+res.kind+")", v, errs)
	name, err := d.name(res)
	if err != nil && nameProperties[res.kind] != "" {
		*errs = append(*errs, err)
		return
	}
	switch res.kind {
	case "AWS::DynamoDB::Table":
		t.Tables = append(t.Tables, readTable(res.id, name, r))
	case "AWS::SQS::Queue":
		t.Queues = append(t.Queues, d.readQueue(res.id, name, r))
	case "AWS::SNS::Topic":
		r.unread("TopicName")
		t.Topics = append(t.Topics, &Topic{ID: res.id, Name: name, ARN: d.arn("sns", name)})
	case "AWS::SNS::Subscription":
		r.only("Protocol", "sqs")
		r.only("RawMessageDelivery", "false")
		t.Subscriptions = append(t.Subscriptions, &Subscription{ID: res.id, Topic: r.need("TopicArn"), Queue: r.need("Endpoint")})
	case "AWS::SES::ConfigurationSet":
		r.unread("Name", "SendingOptions", "ReputationOptions")
		s := r.object("SuppressionOptions")
		t.ConfigurationSets = append(t.ConfigurationSets, &ConfigurationSet{res.id, name, s.strings("SuppressedReasons")})
		s.done()
	case "AWS::SES::ConfigurationSetEventDestination":
		t.Destinations = append(t.Destinations, readDestination(res.id, r))
	case "AWS::SES::EmailIdentity":
		r.unread("EmailIdentity", "DkimAttributes")
		t.Identities = append(t.Identities, &Identity{ID: res.id, Name: name})
	case "AWS::Logs::LogGroup":
		r.unread("LogGroupName")
		d.whole.logGroups[name] = r.number("RetentionInDays", 0)
	case "AWS::IAM::Role":
		d.readRole(name, r)
	case "AWS::Serverless::HttpApi":
		d.readAPI(r)
	case "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy":
		r.unread("Queues", "Topics", "PolicyDocument")
	case "AWS::CloudFormation::Stack":
		d.readStack(res, r)
	default:
		r.fail(res.line, "the resource type is not known here")
	}
	r.done()
}

func readTable(id, name string, r *reader) *Table {
	r.unread("TableName", "PointInTimeRecoverySpecification", "SSESpecification", "DeletionProtectionEnabled")
	r.only("BillingMode", "PAY_PER_REQUEST")
	types := map[string]string{}
	for _, v := range r.list("AttributeDefinitions") {
		a := newReader(r.what, v, r.errs)
		types[a.need("AttributeName")] = a.need("AttributeType")
		a.done()
	}
	t := &Table{ID: id, Name: name}
	t.Hash, t.Range = readKeys(r, types)
	for _, v := range r.list("GlobalSecondaryIndexes") {
		g := newReader(r.what+" index", v, r.errs)
		index := Index{Name: g.need("IndexName")}
		index.Hash, index.Range = readKeys(g, types)
		p := g.object("Projection")
		index.Projection, index.Include = p.need("ProjectionType"), p.strings("NonKeyAttributes")
		p.done()
		g.done()
		t.Indexes = append(t.Indexes, index)
	}
	ttl := r.object("TimeToLiveSpecification")
	if ttl.boolean("Enabled", false) {
		t.TTL = ttl.need("AttributeName")
	}
	ttl.unread("AttributeName")
	ttl.done()
	return t
}

func readKeys(r *reader, types map[string]string) (hash, sorted Key) {
	for _, v := range r.list("KeySchema") {
		k := newReader(r.what+" key", v, r.errs)
		name := k.need("AttributeName")
		key := Key{name, types[name]}
		if key.Type == "" {
			k.fail(v.line, "the attribute %s is not defined", name)
		}
		switch role := k.need("KeyType"); role {
		case "HASH":
			hash = key
		case "RANGE":
			sorted = key
		default:
			k.fail(v.line, "the key type %s is not known here", role)
		}
		k.done()
	}
	if hash.Name == "" {
		r.fail(r.v.line, "the key schema has no HASH key")
	}
	return hash, sorted
}

func (d *document) readQueue(id, name string, r *reader) *Queue {
	q := &Queue{ID: id, Name: name, ARN: d.arn("sqs", name), URL: d.queueURL(id, name), Attributes: map[string]string{}}
	r.unread("QueueName", "SqsManagedSseEnabled")
	for _, attribute := range []string{
		"VisibilityTimeout", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "DelaySeconds", "MaximumMessageSize",
	} {
		if r.has(attribute) {
			q.Attributes[attribute] = strconv.Itoa(r.number(attribute, 0))
		}
	}
	q.Visibility = time.Duration(r.number("VisibilityTimeout", 30)) * time.Second
	q.Delay = time.Duration(r.number("DelaySeconds", 0)) * time.Second
	if r.has("RedrivePolicy") {
		p := r.object("RedrivePolicy")
		q.DeadLetters, q.MaxReceives = p.need("deadLetterTargetArn"), p.number("maxReceiveCount", 10)
		p.done()
	}
	return q
}

func readDestination(id string, r *reader) *EventDestination {
	e := &EventDestination{ID: id, ConfigurationSet: r.need("ConfigurationSetName")}
	d := r.object("EventDestination")
	e.Name, e.Events = d.need("Name"), d.strings("MatchingEventTypes")
	d.only("Enabled", "true")
	s := d.object("SnsDestination")
	e.Topic = s.need("TopicARN")
	s.done()
	d.done()
	return e
}

// conditions reads a statement's conditions. They take away from what is granted, so that only tests look at them.
func conditions(s *reader) map[string]map[string][]string {
	var all map[string]map[string][]string
	for _, operator := range s.value("Condition").fields {
		if all == nil {
			all = map[string]map[string][]string{}
		}
		keys := newReader(s.what+" condition", operator.value, s.errs)
		all[operator.name] = map[string][]string{}
		for _, key := range operator.value.fields {
			all[operator.name][key.name] = keys.strings(key.name)
		}
	}
	return all
}

// readRole keeps a role's statements; who may assume it is AWS's affair.
func (d *document) readRole(name string, r *reader) {
	r.unread("RoleName", "AssumeRolePolicyDocument")
	var grants []Grant
	for _, v := range r.list("Policies") {
		p := newReader(r.what+" policy", v, r.errs)
		p.unread("PolicyName")
		doc := p.object("PolicyDocument")
		doc.only("Version", "2012-10-17")
		for _, v := range doc.list("Statement") {
			s := newReader(r.what+" statement", v, r.errs)
			s.unread("Sid")
			s.only("Effect", "Allow")
			grants = append(grants, Grant{Actions: s.strings("Action"), Resources: s.strings("Resource"), Conditions: conditions(s),
				File: d.file, Line: v.line})
			s.done()
		}
		doc.done()
		p.done()
	}
	d.whole.roles["arn:"+d.inputs.Partition+":iam::"+d.inputs.Account+":role/"+name] = grants
}
