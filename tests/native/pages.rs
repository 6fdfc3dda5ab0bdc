//! What is no route: the web app's pages, what they don't take, and paths that only look like a page.

use edgekeep::ports::PortError;
use http::Method;

use crate::support::World;
use crate::support::faults::Fault;
use crate::support::pages::{MARK, PAGE, POLICY, TAG};

fn world() -> World {
    World::new().with_pages()
}

#[tokio::test]
async fn a_page_comes_as_its_server_has_it_and_with_the_id_of_the_request() {
    let world = world();
    for path in ["/", "/detect", "/detect?from=somewhere"] {
        let answer = world.get(path).header("origin", "https://app.example").send().await.expect(200);
        assert_eq!(answer.body_text(), PAGE);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=0, must-revalidate"));
        assert_eq!(answer.header("content-security-policy"), Some(POLICY));
        assert_eq!(answer.header("etag"), Some(TAG));
        assert_eq!((answer.header("vary"), answer.header("access-control-allow-origin")), (None, None));
        assert!(answer.header("traceparent").is_some());
    }
}

#[tokio::test]
async fn an_unknown_page_is_404_with_the_page_that_says_so() {
    let answer = world().get("/no/such/page").send().await.expect(404);
    assert_eq!((answer.body_text().as_str(), answer.header(MARK)), (PAGE, Some("test")));
}

#[tokio::test]
async fn head_has_the_length_of_the_page_and_a_page_that_the_browser_has_has_none() {
    let world = world();
    let head = world.call(Method::HEAD, "/detect").send().await.expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), Some(PAGE.len().to_string().as_str()));
    let known = world.get("/detect").header("if-none-match", TAG).send().await.expect(304);
    assert!(known.body.is_empty());
    assert_eq!((known.header("content-length"), known.header("etag")), (None, Some(TAG)));
}

#[tokio::test]
async fn its_server_may_send_people_to_the_one_address_of_a_page() {
    let answer = world().get("//detect").send().await.expect(307);
    assert_eq!(answer.header("location"), Some("/detect"));
}

#[tokio::test]
async fn a_page_takes_no_other_method_and_what_is_none_is_unknown_to_all_of_them() {
    let world = world();
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::from_bytes(b"PROPFIND").unwrap()] {
        for path in ["/", "/detect"] {
            let answer = world.call(method.clone(), path).bytes("{}").await.expect_problem(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some("GET,HEAD,OPTIONS"));
        }
        world.call(method, "/nonsense").bytes("{}").await.expect_problem(404, "not_found");
    }
    let options = world.call(Method::OPTIONS, "/detect").send().await.expect(204);
    assert_eq!(options.header("allow"), Some("GET,HEAD,OPTIONS"));
    assert!(world.pages.asked().iter().all(|asked| asked.starts_with("HEAD ")), "{:?}", world.pages.asked());
}

#[tokio::test]
async fn s5_other_spellings_of_a_path_of_the_api_are_unknown_and_nobody_is_sent_to_the_right_one() {
    let world = world();
    for path in [
        "//api/v1/auth/login",
        "/api//v1/auth/login",
        "/API/v1/auth/login",
        "/api/v1/auth/login/",
        "/api%2Fv1/auth/login",
        "/%61pi/v1/auth/login",
        "/x/%2e%2e%2fapi/v1/auth/login",
        "/api",
        "/api/",
        "/api/v1/none",
        "/healthz/",
        "//readyz",
        "/Healthz",
        "/__debug/none",
    ] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            let answer = world.call(method.clone(), path).send().await.expect(404);
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {path}");
        }
    }
    assert_eq!(world.pages.asked(), [] as [String; 0]);
}

#[tokio::test]
async fn the_log_names_a_template_and_never_the_path() {
    let world = world();
    for path in ["/detect?secret-query", "/some/secret-path", "//detect/secret-path"] {
        world.get(path).send().await;
        let line = world.log.last();
        assert_eq!(line["http.route"], "/{*page}", "{path}");
        assert!(!line.to_string().contains("secret-"), "{line}");
    }
    world.get("/api/secret-path").send().await.expect(404);
    assert!(world.log.last().get("http.route").is_none());
}

#[tokio::test]
async fn a_server_of_pages_that_does_not_answer_is_503_and_the_api_goes_on() {
    let world = world();
    for error in [PortError::Timeout, PortError::Failed("gone".into())] {
        world.pages.faults.always(Fault::Fail(error));
        for method in [Method::GET, Method::POST] {
            world.call(method, "/detect").send().await.expect_problem(503, "unavailable");
        }
        world.get("/healthz").send().await.expect(200);
    }
}

#[tokio::test]
async fn without_a_web_app_a_page_is_unknown() {
    let world = World::new();
    for method in [Method::GET, Method::POST] {
        world.call(method, "/detect").send().await.expect_problem(404, "not_found");
    }
}
