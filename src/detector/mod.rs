//! Text in, verdict out. Pure: knows nothing of HTTP, SQL or the runtime.
