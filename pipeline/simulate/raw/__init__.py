"""One writer per raw format: from touchpoints met to the files a source would have sent."""
