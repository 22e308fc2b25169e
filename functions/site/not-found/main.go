// Command not-found answers what has no route.
package main

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.NotFound(site).Function(), nil
	})
}
