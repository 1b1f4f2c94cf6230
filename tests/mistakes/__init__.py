"""What learners answer, rightly and wrongly: per exercise, the questions' right answers and a catalogue of mistakes."""
