package ses

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// tenant is one customer of the account, with the resources that it may send with.
type tenant struct {
	Name, ID  string
	Tags      []tag
	Created   time.Time
	Resources []string // ARNs, in the order in which they were associated
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
		t.Name, t.ID, e.arn("tenant", t.Name+"/"+t.ID), epochOf(t.Created), "ENABLED", t.Tags,
	}
}

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
	edited.Resources = resources
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
