package api

// routeReading registers the read endpoints over projections.
func (s *Server) routeReading(r *router) {}

// routePages registers the HTML pages.
func (s *Server) routePages(r *router) {}
