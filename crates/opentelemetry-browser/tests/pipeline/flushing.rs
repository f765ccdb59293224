//! What a flush and a shutdown say.

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::Tracer;
use opentelemetry_browser::BatchConfig;

use crate::{Answer, Receiver, pipeline_test};

fn record(names: &[&'static str]) {
    names.iter().for_each(|name| global::tracer("test").in_span(*name, |_cx| {}));
}

pipeline_test! {
    async fn a_flush_says_what_became_of_the_spans() {
        let answers = [Answer::Status(200), Answer::Later(200), Answer::Status(400), Answer::Later(503)];
        let receiver = Receiver::new(answers);
        let telemetry = receiver.builder().install().unwrap();
        assert_eq!(telemetry.flush().await.unwrap().delivered, 0);
        for _ in 0..2 {
            record(&["a", "b"]);
            assert_eq!(telemetry.flush().await.unwrap().delivered, 2);
        }
        record(&["c"]);
        let error = telemetry.flush().await.unwrap_err();
        assert_eq!((error.report().delivered, error.report().dropped), (0, 1));
        assert!(error.to_string().contains("HTTP status 400"), "{error}");
        record(&["d"]);
        let error = telemetry.flush().await.unwrap_err();
        assert_eq!((error.report().dropped, error.report().retrying), (0, 1));
        // It is sent again by the next one.
        record(&["e"]);
        assert_eq!(telemetry.flush().await.unwrap().delivered, 2);
        assert_eq!(receiver.names(), ["a", "b", "a", "b", "c", "d", "d", "e"]);
        assert_eq!(telemetry.shutdown().await.unwrap().delivered, 0);
    }
}

pipeline_test! {
    async fn a_flush_and_a_shutdown_end_without_an_answer() {
        let receiver = Receiver::new([Answer::Never, Answer::Never]);
        let batch = BatchConfig::default().with_export_timeout(Duration::from_millis(100));
        let telemetry = receiver.builder().with_batch(batch).install().unwrap();
        record(&["a", "b", "c"]);
        let error = telemetry.flush().await.unwrap_err();
        assert_eq!((error.report().retrying, error.report().dropped), (3, 0));
        let error = telemetry.shutdown().await.unwrap_err();
        assert_eq!((error.report().retrying, error.report().dropped), (0, 3));
        assert_eq!(telemetry.diagnostics().dropped.shutdown, 3);
    }
}

pipeline_test! {
    async fn a_shutdown_delivers_what_has_ended_and_makes_room() {
        let receiver = Receiver::new([Answer::Later(200)]);
        let telemetry = receiver.builder().install().unwrap();
        record(&["a"]);
        let ended = telemetry.shutdown();
        record(&["too late"]);
        let next = Receiver::default();
        let following = next.builder().install().unwrap();
        record(&["b"]);
        let error = ended.await.unwrap_err();
        assert_eq!((error.report().delivered, error.report().dropped), (1, 1));
        assert_eq!(following.shutdown().await.unwrap().delivered, 1);
        assert_eq!((receiver.names(), next.names()), (vec!["a".to_owned()], vec!["b".to_owned()]));
    }
}
