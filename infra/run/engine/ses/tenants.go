package ses

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// The statuses of a tenant's sending. One that was reinstated sends in spite of findings on its reputation.
const (
	tenantEnabled    = "ENABLED"
	tenantDisabled   = "DISABLED"
	tenantReinstated = "REINSTATED"
)

// tenant is one customer of the account, with the resources that it may send with.
type tenant struct {
	Name, ID  string
	Tags      []tag
	Created   time.Time
	Resources []string             // ARNs, in the order in which they were associated
	Tied      map[string]time.Time // when each was
	Sending   string               // ENABLED, DISABLED or REINSTATED, as the account's owner has set it; "" is ENABLED
}

type createTenantInput struct {
	TenantName string
	Tags       []tag
}

type tenantOutput struct {
	TenantName       string
	TenantID         string `json:"TenantId"`
	TenantARN        string `json:"TenantArn"`
	CreatedTimestamp epoch
	SendingStatus    string
	Tags             []tag `json:",omitempty"`
}

func (e *Engine) tenantOutput(t *tenant) tenantOutput {
	return tenantOutput{
		t.Name, t.ID, e.arn("tenant", t.Name+"/"+t.ID), epochOf(t.Created), t.sending(), t.Tags,
	}
}

func (t *tenant) sending() string { return cmp.Or(t.Sending, tenantEnabled) }

func (e *Engine) createTenant(_ *http.Request, in *createTenantInput) (any, error) {
	if !setNames.MatchString(in.TenantName) {
		return nil, badRequest("Tenant name <%s> must be 1 to 64 letters, digits, underscores or dashes.", in.TenantName)
	}
	e.mu.Lock()
	if e.tenants[in.TenantName] != nil {
		e.mu.Unlock()
		return nil, exists("Tenant <%s> already exists.", in.TenantName)
	}
	id := "tn-" + strings.ReplaceAll(roundtrip.RequestID(), "-", "")[:30]
	t := &tenant{Name: in.TenantName, ID: id, Tags: in.Tags, Created: e.now()}
	e.tenants[t.Name] = t
	return e.tenantOutput(t), e.unlockAndKeep(change{Op: opTenant, Name: t.Name, Tenant: t})
}

type tenantInput struct {
	TenantName  string
	ResourceARN string `json:"ResourceArn"`
	NextToken   string
	PageSize    *int
	Filter      map[string]string
}

func (in *tenantInput) size() string {
	if in.PageSize == nil {
		return ""
	}
	return strconv.Itoa(*in.PageSize)
}

func (e *Engine) tenantOf(name string) (*tenant, error) {
	if t := e.tenants[name]; t != nil {
		return t, nil
	}
	return nil, notFound("Tenant <%s> does not exist.", name)
}

func (e *Engine) getTenant(_ *http.Request, in *tenantInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, err := e.tenantOf(in.TenantName)
	if err != nil {
		return nil, err
	}
	return struct{ Tenant tenantOutput }{e.tenantOutput(t)}, nil
}

func (e *Engine) listTenants(_ *http.Request, in *tenantInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	names, next, err := pageAfter(slices.Sorted(maps.Keys(e.tenants)), in.size(), in.NextToken)
	if err != nil {
		return nil, err
	}
	all := []tenantOutput{}
	for _, name := range names {
		t := e.tenantOutput(e.tenants[name])
		t.Tags = nil // the summary has none
		all = append(all, t)
	}
	return struct {
		Tenants   []tenantOutput
		NextToken string `json:",omitzero"`
	}{all, next}, nil
}

func (e *Engine) deleteTenant(_ *http.Request, in *tenantInput) (any, error) {
	e.mu.Lock()
	t, err := e.tenantOf(in.TenantName)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	delete(e.tenants, t.Name)
	return nil, e.unlockAndKeep(change{Op: opTenant, Name: t.Name})
}

// editResources applies edit to a copy of the tenant's resources, and keeps the copy when edit agrees.
func (e *Engine) editResources(in *tenantInput, edit func([]string) ([]string, error)) error {
	e.mu.Lock()
	t, err := e.tenantOf(in.TenantName)
	var resources []string
	if err == nil {
		resources, err = edit(slices.Clone(t.Resources))
	}
	if err != nil {
		e.mu.Unlock()
		return err
	}
	edited := *t
	edited.Resources, edited.Tied = resources, map[string]time.Time{}
	for _, arn := range resources {
		edited.Tied[arn] = e.now()
		if at, before := t.Tied[arn]; before {
			edited.Tied[arn] = at
		}
	}
	e.tenants[t.Name] = &edited
	return e.unlockAndKeep(change{Op: opTenant, Name: t.Name, Tenant: &edited})
}

func (e *Engine) createAssociation(_ *http.Request, in *tenantInput) (any, error) {
	return nil, e.editResources(in, func(resources []string) ([]string, error) {
		if slices.Contains(resources, in.ResourceARN) {
			return nil, exists("Resource <%s> is already associated with tenant <%s>.", in.ResourceARN, in.TenantName)
		}
		if !e.resourceExists(in.ResourceARN) {
			return nil, notFound("Resource <%s> does not exist.", in.ResourceARN)
		}
		return append(resources, in.ResourceARN), nil
	})
}

// mayUse tells whether the tenant may send with the resources: it is not disabled, and each of them is associated with it
// (https://docs.aws.amazon.com/ses/latest/dg/tenants.html: all that a message refers to).
func (t *tenant) mayUse(arns ...string) error {
	if t.sending() == tenantDisabled {
		return roundtrip.Errorf("SendingPausedException", "Email sending is paused for tenant <%s>.", t.Name)
	}
	missing := slices.DeleteFunc(arns, func(arn string) bool { return slices.Contains(t.Resources, arn) })
	if len(missing) == 0 {
		return nil
	}
	return &roundtrip.Error{Status: http.StatusForbidden, Code: "AccessDeniedException",
		Message: fmt.Sprintf("Tenant not associated with resources [%s]", strings.Join(missing, ", "))}
}

// untied tells whether nothing that a tenant has is the resource, which can be deleted then. A tenant that is deleted takes its
// associations with it.
func (e *Engine) untied(arn string) error {
	for _, t := range e.tenants {
		if slices.Contains(t.Resources, arn) {
			return badRequest("Cannot delete <%s> because it has tenant associations. Remove all tenant associations and try again.", arn)
		}
	}
	return nil
}

type resourceTenant struct {
	TenantName          string
	TenantID            string `json:"TenantId"`
	ResourceARN         string `json:"ResourceArn"`
	AssociatedTimestamp epoch
}

// listResourceTenants lists the tenants that a resource is associated with.
func (e *Engine) listResourceTenants(_ *http.Request, in *tenantInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.resourceExists(in.ResourceARN) {
		return nil, notFound("Resource <%s> does not exist.", in.ResourceARN)
	}
	var of []string
	for _, name := range slices.Sorted(maps.Keys(e.tenants)) {
		if slices.Contains(e.tenants[name].Resources, in.ResourceARN) {
			of = append(of, name)
		}
	}
	names, next, err := pageAfter(of, in.size(), in.NextToken)
	if err != nil {
		return nil, err
	}
	all := []resourceTenant{}
	for _, name := range names {
		t := e.tenants[name]
		all = append(all, resourceTenant{t.Name, t.ID, in.ResourceARN, epochOf(t.Tied[in.ResourceARN])})
	}
	return struct {
		ResourceTenants []resourceTenant
		NextToken       string `json:",omitzero"`
	}{all, next}, nil
}

type sendingStatusInput struct {
	SendingStatus string
}

// putManagedStatus sets whether a tenant may send. Of what else has a reputation this engine knows nothing.
func (e *Engine) putManagedStatus(r *http.Request, in *sendingStatusInput) (any, error) {
	if kind := r.PathValue("kind"); kind != "RESOURCE" {
		return nil, badRequest("Reputation entities are of type RESOURCE, not <%s>.", kind)
	}
	if !slices.Contains([]string{tenantEnabled, tenantDisabled, tenantReinstated}, in.SendingStatus) {
		return nil, badRequest("Invalid SendingStatus <%s>.", in.SendingStatus)
	}
	e.mu.Lock()
	for name, t := range e.tenants {
		if e.tenantOutput(t).TenantARN != r.PathValue("arn") {
			continue
		}
		edited := *t
		edited.Sending = in.SendingStatus
		e.tenants[name] = &edited
		return nil, e.unlockAndKeep(change{Op: opTenant, Name: name, Tenant: &edited})
	}
	e.mu.Unlock()
	return nil, notFound("Reputation entity <%s> does not exist.", r.PathValue("arn"))
}

func (e *Engine) resourceExists(arn string) bool {
	if name, ok := strings.CutPrefix(arn, e.arn("identity", "")); ok {
		return e.identities[strings.ToLower(name)] != nil
	}
	if name, ok := strings.CutPrefix(arn, e.arn("configuration-set", "")); ok {
		return e.sets[name] != nil
	}
	return false
}

func (e *Engine) deleteAssociation(_ *http.Request, in *tenantInput) (any, error) {
	return nil, e.editResources(in, func(resources []string) ([]string, error) {
		at := slices.Index(resources, in.ResourceARN)
		if at < 0 {
			return nil, notFound("Resource <%s> is not associated with tenant <%s>.", in.ResourceARN, in.TenantName)
		}
		return slices.Delete(resources, at, at+1), nil
	})
}

type tenantResource struct {
	ResourceARN  string `json:"ResourceArn"`
	ResourceType string
}

func (e *Engine) listTenantResources(_ *http.Request, in *tenantInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, err := e.tenantOf(in.TenantName)
	if err != nil {
		return nil, err
	}
	names, next, err := pageAfter(slices.Sorted(slices.Values(t.Resources)), in.size(), in.NextToken)
	if err != nil {
		return nil, err
	}
	all := []tenantResource{}
	for _, arn := range names {
		kind := "EMAIL_IDENTITY"
		if strings.HasPrefix(arn, e.arn("configuration-set", "")) {
			kind = "CONFIGURATION_SET"
		}
		if want := in.Filter["RESOURCE_TYPE"]; want == "" || want == kind {
			all = append(all, tenantResource{arn, kind})
		}
	}
	return struct {
		TenantResources []tenantResource
		NextToken       string `json:",omitzero"`
	}{all, next}, nil
}
