package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"grantledger/domain"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// noContext is for reads that no request waits for.
var noContext = context.Background()

// metrics are what /metrics shows.
type metrics struct {
	registry *prometheus.Registry
	answers  [6]prometheus.Counter // by hundreds of the status
	took     prometheus.Histogram
	commands map[string]prometheus.Counter
}

// start makes the collectors.
func (m *metrics) start(s *Server) {
	m.registry = prometheus.NewRegistry()
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grantledger_http_requests_total", Help: "Answers by status class."}, []string{"status"})
	for i := 1; i < 6; i++ {
		m.answers[i] = answers.WithLabelValues(strconv.Itoa(i) + "xx")
	}
	m.took = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "grantledger_http_request_seconds", Help: "Time to answer.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)})
	commands := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grantledger_commands_total", Help: "Calls of the writer by outcome."}, []string{"outcome"})
	m.commands = map[string]prometheus.Counter{}
	for _, outcome := range []string{"stored", "refused", "failed"} {
		m.commands[outcome] = commands.WithLabelValues(outcome)
	}
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("grantledger_position", "Position of the last event.", func() float64 { return float64(s.Log.Position()) })
	gauge("grantledger_read_model_position", "Position that the read model reflects.", func() float64 { return float64(s.Model.Progress()) })
	gauge("grantledger_read_model_lag", "Events that the read model is behind.", func() float64 {
		progress := s.Model.Progress()
		return float64(s.Log.Position() - min(progress, s.Log.Position()))
	})
	if database, ok := s.Model.(troubled); ok {
		gauge("grantledger_postgres_up", "1 when PostgreSQL answers.", func() float64 {
			if database.Trouble() != nil {
				return 0
			}
			return 1
		})
	}
	gauge("grantledger_checkpoint_size", "Size of the newest checkpoint.", func() float64 {
		seal, _ := s.Log.Newest()
		return float64(seal.Size)
	})
	m.registry.MustRegister(answers, m.took, commands)
}

// request counts one answer.
func (m *metrics) request(status int, took time.Duration) {
	if class := status / 100; class >= 1 && class <= 5 {
		m.answers[class].Inc()
	}
	m.took.Observe(took.Seconds())
}

// command counts one call of the writer.
func (m *metrics) command(err error) {
	var refusal *domain.Refusal
	outcome := "stored"
	switch {
	case errors.As(err, &refusal):
		outcome = "refused"
	case err != nil:
		outcome = "failed"
	}
	m.commands[outcome].Inc()
}

// serve answers the machine itself only.
func (m *metrics) serve(c *call) error {
	if !local(c.request) {
		return newProblem("not_found")
	}
	m.handler().ServeHTTP(c.echo.Response(), c.request)
	return nil
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Metrics is the handler of the admin listener, which only operators reach.
func (s *Server) Metrics() http.Handler { return s.metrics.handler() }
