package template

import "strings"

const (
	anyMethod   = "x-amazon-apigateway-any-method"
	integration = "x-amazon-apigateway-integration"
)

// methods are the keys of a path in an OpenAPI body, and the methods of the routes that they make.
var methods = map[string]string{
	anyMethod: "ANY", "get": "GET", "head": "HEAD", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE",
	"options": "OPTIONS",
}

// readAPI reads the routes in the HTTP API's OpenAPI body (API Gateway Developer Guide, "OpenAPI extensions for API
// Gateway").
func (d *document) readAPI(r *reader) {
	// The access log is API Gateway's own affair, and so is throttling, once it names routes that there are.
	r.unread("DefaultRouteSettings", "AccessLogSettings")
	for _, route := range r.value("RouteSettings").fields {
		d.whole.throttled = append(d.whole.throttled, throttled{route.name, place{d.file, route.line}})
	}
	r.only("StageName", "$default")
	body := r.object("DefinitionBody")
	body.only("openapi", "3.0.1")
	body.unread("info")
	for _, path := range body.value("paths").fields {
		for _, operation := range path.value.fields {
			d.readRoute(body, path, operation)
		}
		if len(path.value.fields) == 0 {
			body.fail(path.line, "the path %s has no methods", path.name)
		}
	}
	body.done()
}

func (d *document) readRoute(body *reader, path, operation field) {
	r := newReader(body.what+" "+path.name, operation.value, body.errs)
	route := Route{Method: methods[operation.name], Path: path.name}
	isDefault := r.boolean("isDefaultRoute", false)
	switch {
	case route.Method == "":
		r.fail(operation.line, "the method %s is not known here", operation.name)
	case isDefault != (path.name == "$default") || isDefault && route.Method != "ANY":
		r.fail(operation.line, "the path $default, with %s alone, is the default route, and isDefaultRoute says so", anyMethod)
	case isDefault:
		route.Method = ""
	case !strings.HasPrefix(path.name, "/"):
		r.fail(operation.line, "the path must begin with a slash")
	case path.name != "/" && strings.HasSuffix(path.name, "/"):
		r.fail(operation.line, "the path must not end in a slash: API Gateway makes no route of it")
	}
	i := r.object(integration)
	i.must("type", "aws_proxy")
	i.must("httpMethod", "POST")
	i.must("payloadFormatVersion", "2.0")
	role, uri := i.need("credentials"), i.need("uri")
	arn, ok := strings.CutPrefix(uri, "arn:"+d.inputs.Partition+":apigateway:"+d.inputs.Region+":lambda:path/2015-03-31/functions/")
	arn, ends := strings.CutSuffix(arn, "/invocations")
	if uri != "" && (!ok || !ends) {
		i.fail(operation.line, "the uri %s is of no function", uri)
	}
	i.done()
	r.done()
	d.whole.routes = append(d.whole.routes, routed{route, arn, role, place{d.file, operation.line}})
}
