/*
 * What metrics.h has counted, as text for Prometheus.
 */
#ifndef LECTERN_METRICSTEXT_H
#define LECTERN_METRICSTEXT_H

#include "buffer.h"

/*
 * All of it, summed over the workers, in version 0.0.4 of Prometheus' text
 * format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
void	metricstext_render(struct buffer *);

#endif
