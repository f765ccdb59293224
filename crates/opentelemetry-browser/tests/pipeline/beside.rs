//! A pipeline beside the one that is installed; and how an app gets at that.

use opentelemetry::global;
use opentelemetry::trace::{Tracer, TracerProvider as _};
use opentelemetry_browser::Telemetry;

use crate::{Receiver, pipeline_test};

pipeline_test! {
    async fn a_second_pipeline_touches_nothing_global() {
        let (app, library) = (Receiver::default(), Receiver::default());
        let own = library.builder().with_service_name("library").build().unwrap();
        assert!(Telemetry::installed().is_none(), "it is not installed");
        let installed = app.builder().with_service_name("app").install().unwrap();
        let another = library.builder().build().unwrap();

        global::tracer("app").in_span("app's", |_cx| {
            own.provider().tracer("library").in_span("library's", |_cx| {});
        });
        assert_eq!(own.flush().await.unwrap().delivered, 1);
        assert_eq!(installed.flush().await.unwrap().delivered, 1);
        assert_eq!((app.names(), library.names()), (vec!["app's".to_owned()], vec!["library's".to_owned()]));
        assert_eq!(another.diagnostics().recorded, 0);

        own.shutdown().await.unwrap();
        global::tracer("app").in_span("later", |_cx| {});
        assert!(Telemetry::installed().is_some(), "the end of one is not the end of the other");
        assert_eq!(installed.shutdown().await.unwrap().delivered, 1);
    }
}

pipeline_test! {
    async fn what_is_installed_can_be_reached_from_anywhere() {
        assert!(Telemetry::installed().is_none());
        let receiver = Receiver::default();
        receiver.builder().install().map(drop).unwrap();
        global::tracer("test").in_span("a", |_cx| {});
        let found = Telemetry::installed().expect("dropping a handle changes nothing");
        assert_eq!(found.flush().await.unwrap().delivered, 1);
        drop(found.shutdown());
        assert!(Telemetry::installed().is_none());
    }
}
