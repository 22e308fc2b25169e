// Command get-health answers that the API is up.
package main

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

func main() {
	event.Start(func(_ *environment.Environment) (event.Function, error) {
		return api.GetHealth().Function(""), nil
	})
}
