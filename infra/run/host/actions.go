package host

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/mail"
	"strings"
)

// underlying are the permissions that the parts of a transaction need: those of the operations on their own. There is
// no permission for a transaction (Amazon DynamoDB Developer Guide, "Using IAM with DynamoDB transactions").
var underlying = map[string]string{
	"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem",
}

type place struct{ TableName, IndexName string }

func (r *Recorder) table(p place) string {
	if strings.HasPrefix(p.TableName, "arn:") {
		return p.TableName
	}
	arn := r.arn("dynamodb", "table/"+p.TableName)
	if p.IndexName != "" {
		arn += "/index/" + p.IndexName
	}
	return arn
}

func (r *Recorder) dynamoDB(operation string, body []byte) []string {
	var in struct {
		place
		RequestItems  map[string]json.RawMessage
		TransactItems []map[string]place
	}
	if json.Unmarshal(body, &in) != nil {
		return []string{"dynamodb:" + operation + " unknown"}
	}
	var calls []string
	switch operation {
	case "TransactWriteItems", "TransactGetItems":
		for _, item := range in.TransactItems {
			for part, p := range item {
				calls = append(calls, "dynamodb:"+cmp.Or(underlying[part], part)+" "+r.table(p))
			}
		}
	case "BatchGetItem", "BatchWriteItem":
		for name := range in.RequestItems {
			calls = append(calls, "dynamodb:"+operation+" "+r.table(place{TableName: name}))
		}
	default:
		calls = []string{"dynamodb:" + operation + " " + r.table(in.place)}
	}
	return calls
}

// mail are the permissions of an SES API v2 request. Sending is checked against the identity of the sender and the
// configuration set; a raw message against the permission of the older SendRawEmail (Service Authorization Reference,
// "Actions, resources, and condition keys for Amazon Simple Email Service v2").
func (r *Recorder) mail(req *http.Request, body []byte) []string {
	path := req.URL.Path[len("/v2/email/"):]
	if req.Method == http.MethodPost && path == "outbound-emails" {
		return r.send(body)
	}
	if req.Method == http.MethodGet && strings.HasPrefix(path, "suppression/addresses/") {
		return []string{"ses:GetSuppressedDestination *"}
	}
	if req.Method == http.MethodPut && strings.HasPrefix(path, "suppression/addresses") {
		return []string{"ses:PutSuppressedDestination *"}
	}
	if calls := r.control(req.Method, path, body); calls != nil {
		return calls
	}
	return []string{"ses:" + req.Method + "/" + path + " unknown"}
}

// onIdentity and onTenants are the actions on one identity and on tenants, by method and what follows the identity's name, or by path.
var (
	onIdentity = map[string]string{"GET": "GetEmailIdentity", "DELETE": "DeleteEmailIdentity",
		"PUT dkim/signing": "PutEmailIdentityDkimSigningAttributes", "PUT mail-from": "PutEmailIdentityMailFromAttributes"}
	onTenants = map[string]string{"tenants": "CreateTenant", "tenants/get": "GetTenant", "tenants/delete": "DeleteTenant",
		"tenants/resources": "CreateTenantResourceAssociation", "tenants/resources/delete": "DeleteTenantResourceAssociation",
		"tenants/resources/list": "ListTenantResources", "resources/tenants/list": "ListResourceTenants"}
)

// control are the permissions of making identities and tenants, and of associating the two: all of what a request names. What is
// made with tags needs the permission to tag it.
func (r *Recorder) control(method, path string, body []byte) []string {
	var in struct {
		EmailIdentity, TenantName string
		ResourceARN               string `json:"ResourceArn"`
		Tags                      []any
	}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		return nil
	}
	action, resources := onTenants[path], []string(nil)
	switch name, rest, _ := strings.Cut(strings.TrimPrefix(path, "identities/"), "/"); {
	case path == "identities" && method == http.MethodPost:
		action, resources = "CreateEmailIdentity", []string{r.arn("ses", "identity/"+in.EmailIdentity)}
	case strings.HasPrefix(path, "identities/"):
		action, resources = onIdentity[strings.TrimSpace(method+" "+rest)], []string{r.arn("ses", "identity/"+name)}
	default:
		if in.TenantName != "" {
			resources = append(resources, r.arn("ses", "tenant/"+in.TenantName))
		}
		if in.ResourceARN != "" {
			resources = append(resources, in.ResourceARN)
		}
	}
	if action == "" {
		return nil
	}
	var calls []string
	for _, on := range resources {
		calls = append(calls, "ses:"+action+" "+on)
		if in.Tags != nil {
			calls = append(calls, "ses:TagResource "+on)
		}
	}
	return calls
}

func (r *Recorder) send(body []byte) []string {
	var in struct {
		FromEmailAddress, ConfigurationSetName string
		Content                                struct{ Raw *struct{ Data []byte } }
	}
	if json.Unmarshal(body, &in) != nil {
		return []string{"ses:SendEmail unknown"}
	}
	action, from := "ses:SendEmail", in.FromEmailAddress
	if in.Content.Raw != nil {
		action = "ses:SendRawEmail"
		if m, err := mail.ReadMessage(bytes.NewReader(in.Content.Raw.Data)); err == nil && from == "" {
			from = m.Header.Get("From")
		}
	}
	domain := "unknown"
	if a, err := mail.ParseAddress(from); err == nil {
		domain = a.Address[strings.LastIndexByte(a.Address, '@')+1:]
	}
	calls := []string{action + " " + r.arn("ses", "identity/"+domain)}
	if in.ConfigurationSetName != "" {
		calls = append(calls, action+" "+r.arn("ses", "configuration-set/"+in.ConfigurationSetName))
	}
	return calls
}
