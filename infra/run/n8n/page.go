package n8n

import (
	"bytes"
	"html/template"
	"net/http"
)

var html = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}} · n8n stand-in</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/_local/style.css"></head>
<body><main>
<h1>{{.Name}}: a stand-in for n8n</h1>
<p>This is no n8n. It is part of the local run, keeps what is below in memory and answers n8n's public API,
so that there is something to connect. Nothing ever runs here.</p>
<p>Connect it with this page's address and the API key <code>{{.Key}}</code>.</p>
<h2>Workflows</h2>
<ul>{{range .Workflows}}{{if not .Archived}}<li>{{.Name}}: {{if .Active}}on{{else}}off{{end}}</li>{{end}}{{end}}</ul>
<h2>Make it fail</h2>
<form method="post" action="fault"><p><label for="fault">How</label> <select id="fault" name="fault">
{{range .Faults}}<option value="{{.}}"{{if eq . $.Fault}} selected{{end}}>{{or . "not at all"}}</option>
{{end}}</select> <button>Do so</button></p></form>
<p><a href="/_local/">Local run</a></p>
</main></body></html>`))

// page says what the instance is.
func (i *standIn) page(w http.ResponseWriter) {
	var b bytes.Buffer
	err := html.Execute(&b,
		map[string]any{"Name": i.name, "Key": Key(i.name), "Workflows": i.workflows, "Fault": i.fault, "Faults": Faults})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
