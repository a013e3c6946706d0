//! One test of each rule on each engine.

/// Makes a module for each rule, with a test for each engine that it names. `$arranged` is given the engine and the rule, and tries it.
macro_rules! on_each_engine {
    ($arranged:ident: $($rule:ident: [$($engine:ident),+],)+) => {
        $(mod $rule {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $engine() {
                super::$arranged(crate::each_engine::made::$engine().await, super::$rule).await;
            })+
        })+
    };
}

/// Engines, all made in one way.
pub(crate) mod made {
    use crate::engine::Engine;

    pub(crate) async fn sqlite() -> Engine {
        Engine::sqlite()
    }

    pub(crate) async fn redis() -> Engine {
        Engine::redis().await
    }

    pub(crate) async fn postgres() -> Engine {
        Engine::postgres().await
    }
}
