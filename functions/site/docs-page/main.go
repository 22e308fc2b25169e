// Command docs-page shows the API to people.
package main

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.DocsPage(site).Function(), nil
	})
}
