"""Files and storage: the data contract, readers and writers, the versioned lake, queries and the demo region."""
