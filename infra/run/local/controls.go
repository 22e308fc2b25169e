package local

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	engineqs "latchkey.dev/infra/run/engine/sqs"
)

// clockView is the time as /_local/clock answers it; Fixed says that it cannot be moved.
type clockView struct {
	Now   time.Time `json:"now"`
	Ahead string    `json:"ahead"` // of the machine's clock, as Go writes durations
	Fixed bool      `json:"fixed,omitempty"`
}

func (l *Local) clockView() clockView {
	return clockView{l.Now().UTC(), l.clock.ahead().String(), l.apart()}
}

func (l *Local) showClock(w http.ResponseWriter, r *http.Request) {
	if wantsJSON(r) {
		l.answer(w, l.clockView())
		return
	}
	l.show(w, "clock.html",
		map[string]any{"Clock": l.clockView(), "Moved": l.clock.ahead() > 0, "Now": l.Now(), "Page": "clock",
			"Steps": []struct{ Duration, Label string }{
				{"1m", "1 minute"}, {"61m", "61 minutes"}, {"24h", "1 day"}, {"169h", "7 days and an hour"},
			}})
}

// moveClock takes {"advance": "61m"}, or a form's field of that name, and answers when all that became due has run.
func (l *Local) moveClock(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	var in struct {
		Advance string `json:"advance"`
	}
	if sendsJSON(r) {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, `send {"advance": "61m"}`, http.StatusBadRequest)
			return
		}
	} else {
		in.Advance = r.FormValue("advance")
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil || d <= 0 {
		http.Error(w, `"advance" must be a duration like "90s", "61m" or "168h", and forward`, http.StatusBadRequest)
		return
	}
	if err := l.Advance(r.Context(), d); errors.Is(err, errFixedClock) {
		http.Error(w, err.Error(), http.StatusNotImplemented)
		return
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if wantsJSON(r) {
		l.answer(w, l.clockView())
		return
	}
	http.Redirect(w, r, "/_local/clock", http.StatusSeeOther)
}

// grow takes {"by": "61m"}, and answers when everything in the table is that much older, once no function runs; with
// "busy": true it does not wait for that.
func (l *Local) grow(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	var in struct {
		By   string `json:"by"`
		Busy bool   `json:"busy"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	d, wrong := time.ParseDuration(in.By)
	if err != nil || wrong != nil || d <= 0 {
		http.Error(w, `send {"by": "61m"}`, http.StatusBadRequest)
		return
	}
	if err := l.age(r.Context(), d, in.Busy); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	l.answer(w, l.clockView())
}

// queueView is a queue as /_local/queues answers it.
type queueView struct {
	Name            string        `json:"name"`
	Depth           int           `json:"depth"` // visible
	InFlight        int           `json:"inFlight"`
	Delayed         int           `json:"delayed"`
	DeadLetterQueue string        `json:"deadLetterQueue,omitempty"`
	DeadLetters     int           `json:"deadLetters"` // in its dead-letter queue
	Sources         []string      `json:"sources,omitempty"`
	Messages        []messageView `json:"messages"`
}

type messageView struct {
	ID       string    `json:"id"`
	Body     string    `json:"body"`
	State    string    `json:"state"`
	Receives int       `json:"receives"`
	SentAt   time.Time `json:"sentAt"`
}

func viewsOf(overview []engineqs.Overview) []queueView {
	messages := map[string]int{}
	for _, q := range overview {
		messages[q.Name] = len(q.Messages)
	}
	all := []queueView{}
	for _, q := range overview {
		v := queueView{
			Name: q.Name, Depth: q.Visible, InFlight: q.InFlight, Delayed: q.Delayed, DeadLetterQueue: q.DeadLetterQueue,
			DeadLetters: messages[q.DeadLetterQueue], Sources: q.Sources, Messages: []messageView{},
		}
		for _, m := range q.Messages[:min(len(q.Messages), listed)] {
			v.Messages = append(v.Messages, messageView{m.ID, m.Body, m.State, m.Receives, m.SentAt})
		}
		all = append(all, v)
	}
	return all
}

func (l *Local) queues(w http.ResponseWriter, r *http.Request) {
	all := viewsOf(l.Engine.SQS.Overview())
	if wantsJSON(r) {
		l.answer(w, all)
		return
	}
	l.show(w, "queues.html", map[string]any{"Queues": all, "Now": l.Now(), "Page": "queues"})
}

// redrive moves the dead letters of the named queue back to where they came from. The queue may be given by its own
// name or by its dead-letter queue's.
func (l *Local) redrive(w http.ResponseWriter, r *http.Request) {
	overview := l.Engine.SQS.Overview()
	name := r.PathValue("name")
	for _, q := range overview {
		if q.Name == name && q.DeadLetterQueue != "" {
			name = q.DeadLetterQueue
		}
	}
	for _, q := range overview {
		if q.Name != name || len(q.Sources) == 0 {
			continue
		}
		_, err := sqs.NewFromConfig(l.Engine.Config()).StartMessageMoveTask(r.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &q.ARN})
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		if wantsJSON(r) {
			l.answer(w, map[string]any{"queue": name, "messages": len(q.Messages)})
			return
		}
		http.Redirect(w, r, "/_local/queues", http.StatusSeeOther)
		return
	}
	http.Error(w, "There is no dead-letter queue of that name.", http.StatusNotFound)
}
