import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.stats import beta as beta_law
from scipy.stats import gamma as gamma_law

from pipeline.churn import baseline
from pipeline.churn.baseline import Baseline, expected_events, no_event_chance
from tests.churn.buyers import simulate

# The published BG/NBD of the same sample; of a customer who is here it is an MBG/NBD with b - 1.
BGNBD = (0.2425945, 4.4136019, 0.7929199, 2.4258881 - 1)
# The published MBG/NBD of the CDNOW sample (BTYDplus, lifetimes), in weeks.
CDNOW = (0.525, 6.183, 0.891, 1.614)


def model(r: float, alpha: float, a: float, b: float) -> Baseline:
    """A model of given parameters."""
    return Baseline(r, alpha, a, b, log_likelihood=0.0, fitted_count=0)


def one(value: float) -> baseline.Numbers:
    """One customer's number."""
    return np.array([value])


def posterior_mean(x: float, t_x: float, age: float, weight: object) -> float:
    """The mean of weight(rate, leaving) over what is not known of a CDNOW customer."""
    r, alpha, a, b = CDNOW
    rate, leaving = gamma_law(r, scale=1 / alpha), beta_law(a, b)

    def likelihood(lam: float, p: float) -> tuple[float, float]:
        left = p * (1 - p) ** x * lam**x * np.exp(-lam * t_x)
        here = (1 - p) ** (x + 1) * lam**x * np.exp(-lam * age)
        return left, here

    def integral(value: object) -> float:
        # By quantiles, so that the ends where a density is infinite lie at 0 and 1.
        total, _ = dblquad(
            lambda u, v: value(
                *likelihood(rate.ppf(u), leaving.ppf(v)), rate.ppf(u), leaving.ppf(v)
            ),
            1e-6,
            1 - 1e-6,
            1e-6,
            1 - 1e-6,
            epsabs=1e-7,
            epsrel=1e-4,
        )
        return float(total)

    return integral(weight) / integral(lambda left, here, _lam, _p: left + here)


@pytest.mark.parametrize(
    ("weeks", "events"),
    [(0.1429, 0.0078), (1.0, 0.0532), (3.0, 0.1506), (31.8571, 1.0405), (78.0, 1.8576)],
)
def test_expected_events_agree_with_the_published_bgnbd_sheet(weeks: float, events: float) -> None:
    """Fader and Hardie's spreadsheet: what a new CDNOW customer buys within so many weeks."""
    published = model(*BGNBD)

    found = baseline._events_if_here(published, published.a, one(0), one(weeks) / published.alpha)

    assert found[0] == pytest.approx(events, rel=5e-4, abs=5e-5)


def test_a_cdnow_customer_is_expected_to_buy_as_published() -> None:
    """Two repeats, the last in week 30.43 of 38.86: 1.226 more within 39 weeks."""
    published = model(*BGNBD)

    assert expected_events(published, one(2), one(30.43), one(38.86), 39)[0] == pytest.approx(
        1.226, abs=1e-3
    )


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0.0, 30.0), (2, 20.0, 30.0)])
def test_no_event_chance_is_the_integral_over_rate_and_leaving(
    x: float, t_x: float, age: float
) -> None:
    """The closed form equals the average, over everything unknown, of being left or silent."""
    horizon = 13.0

    by_integral = posterior_mean(
        x, t_x, age, lambda left, here, lam, _p: left + here * np.exp(-lam * horizon)
    )

    assert no_event_chance(model(*CDNOW), one(x), one(t_x), one(age), horizon)[0] == pytest.approx(
        by_integral, abs=2e-3
    )


def test_log_likelihood_is_that_of_the_definition() -> None:
    """The closed form is one customer's likelihood averaged over rate and leaving chance."""
    r, alpha, a, b = CDNOW
    x, t_x, age = 3, 12.0, 30.0
    rate = gamma_law(r, scale=1 / alpha)

    def averaged(lam: float) -> float:
        # E[p (1-p)^x] and E[(1-p)^(x+1)] of a beta law, by their moments.
        spread = beta_law(b, a)  # of 1 - p
        left = spread.moment(x) - spread.moment(x + 1)
        here = spread.moment(x + 1)
        return float(
            rate.pdf(lam) * lam**x * (left * np.exp(-lam * t_x) + here * np.exp(-lam * age))
        )

    total, _ = quad(averaged, 0, np.inf)

    found = baseline.log_likelihoods(CDNOW, one(x), one(t_x), one(age))
    assert found[0] == pytest.approx(np.log(total), abs=1e-6)


def test_no_event_chance_and_expected_events_come_true() -> None:
    """Among simulated customers of one history, the share that stays silent is the score."""
    parameters = (0.8, 20.0, 0.7, 2.5)
    history, later = simulate(parameters, np.full(60_000, 100.0), seed=11)
    horizon = 60.0
    alike = (
        (history["value_event_count"] == 2)
        & (history["recency_days"] > 30)
        & (history["recency_days"] < 70)
    ).to_numpy()
    within = np.array([int((events <= 100.0 + horizon).sum()) for events in later])
    x, t_x = (history[name].cast(pl.Float64).to_numpy() for name in history.columns[:2])
    age = np.full(60_000, 100.0)
    known = model(*parameters)

    chance = no_event_chance(known, x, t_x, age, horizon)
    events = expected_events(known, x, t_x, age, horizon)

    assert alike.sum() > 1000
    assert chance.mean() == pytest.approx((within == 0).mean(), abs=0.005)
    assert chance[alike].mean() == pytest.approx((within[alike] == 0).mean(), abs=0.03)
    assert events.mean() == pytest.approx(within.mean(), rel=0.03)
    assert events[alike].mean() == pytest.approx(within[alike].mean(), rel=0.1)


def test_fit_finds_the_parameters_customers_were_drawn_from() -> None:
    """On 20,000 customers of the CDNOW model, fitted scores differ from the true by under 0.01."""
    ages = np.linspace(27, 39, 20_000)
    history, _ = simulate(CDNOW, ages, seed=5)
    x, t_x = (history[name].cast(pl.Float64).to_numpy() for name in history.columns[:2])

    found = baseline.fit(history)

    assert found.parameters == pytest.approx(CDNOW, rel=0.25)
    true = no_event_chance(model(*CDNOW), x, t_x, ages, 13)
    assert np.abs(no_event_chance(found, x, t_x, ages, 13) - true).max() < 0.04
    assert np.abs(no_event_chance(found, x, t_x, ages, 13) - true).mean() < 0.01
    truth = baseline.log_likelihoods(CDNOW, x, t_x, ages).sum()
    assert truth <= found.log_likelihood < truth + 10


def test_fit_does_not_depend_on_the_unit_of_time() -> None:
    """Days or weeks: the same model, alpha in the unit of the ages."""
    history, _ = simulate(CDNOW, np.linspace(20, 60, 2_000), seed=6)
    in_days = history.with_columns(pl.col("recency_days", "age_days") * 7)

    weeks, days = baseline.fit(history), baseline.fit(in_days)

    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-4)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-4)


def test_fit_is_the_same_for_any_order_of_rows() -> None:
    """Shuffled customers give the same parameters to the last bit."""
    history, _ = simulate(CDNOW, np.linspace(20, 60, 6_000), seed=7)

    shuffled = history.sample(fraction=1.0, shuffle=True, seed=1)

    assert baseline.fit(shuffled) == baseline.fit(history)


def test_fit_takes_evenly_spaced_customers_of_a_large_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Above the limit every n-th customer is fitted, and the scores hardly move."""
    history, _ = simulate(CDNOW, np.linspace(20, 60, 12_000), seed=8)
    whole = baseline.fit(history)
    monkeypatch.setattr(baseline, "MAX_FITTED", 3_000)

    some = baseline.fit(history)

    assert (whole.fitted_count, some.fitted_count) == (12_000, 3_000)
    customer = (one(1), one(10.0), one(40.0), 13.0)
    assert no_event_chance(some, *customer)[0] == pytest.approx(
        no_event_chance(whole, *customer)[0], abs=0.02
    )


customers = st.tuples(
    st.integers(0, 5_000), st.floats(0, 1), st.floats(0.01, 4_000), st.floats(0.5, 400)
)
parameters = st.tuples(*[st.floats(0.01, 50) | st.floats(50, 10_000)] * 4)


@settings(max_examples=300)
@given(customers, parameters)
@example((72, 1.0, 1.0, 19.0), (134.0, 1.0, 32.5, 68.0))
def test_scores_are_probabilities_and_counts_are_finite(
    customer: tuple[int, float, float, float], drawn: tuple[float, float, float, float]
) -> None:
    """Whatever the customer and parameters: a chance in 0-1 and a finite count, no less."""
    count, share, age, horizon = customer
    numbers = (one(count), one(share * age if count else 0.0), one(age), horizon)

    chance = no_event_chance(model(*drawn), *numbers)[0]
    events = expected_events(model(*drawn), *numbers)[0]

    assert 0 <= chance <= 1
    assert np.isfinite(events)
    assert events >= 1 - chance - 1e-6


def test_expected_events_pass_smoothly_over_a_equal_to_one() -> None:
    """The formula's 0/0 at a = 1 leaves no step."""
    customer = (one(3), one(20.0), one(40.0), 30.0)

    around = [
        expected_events(model(0.5, 6.0, a, 2.0), *customer)[0]
        for a in (0.9985, 0.9990, 0.9995, 1.0, 1.0005, 1.0010, 1.0015)
    ]

    assert np.abs(np.diff(around, n=2)).max() < 1e-5


@pytest.mark.parametrize(("a", "b"), [(2.0, 40.0), (30.0, 60.0), (60.0, 99.0)])
def test_quantiles_stand_in_for_the_series_where_it_overflows(a: float, b: float) -> None:
    """Where both can be had, they agree."""
    x, w = np.array([0.0, 3.0, 40.0]), np.array([0.5, 3.0, 20.0])
    both = model(0.5, 6.0, a, b)

    assert baseline._events_by_quantiles(both, x, w) == pytest.approx(
        baseline._events_if_here(both, a, x, w), rel=0.02
    )


def test_a_fit_at_its_limits_still_expects_finite_counts() -> None:
    """Customers who all leave alike drive a and b to the end of their range."""
    steep = model(2.0, 9.0, 8463.8, 10_000.0)

    events = expected_events(steep, np.array([0.0, 4.0]), np.zeros(2), np.array([300.0, 30.0]), 60)

    assert np.isfinite(events).all()
    assert (events >= 0).all()


def test_a_longer_silence_is_a_higher_risk() -> None:
    """Of customers alike but for the last event, the longest silent is least likely to return."""
    last = np.array([100.0, 80.0, 50.0, 20.0])

    chance = no_event_chance(model(1, 10, 0.5, 2), np.full(4, 6.0), last, np.full(4, 100.0), 30)

    assert (np.diff(chance) > 0).all()


def test_too_little_data_is_said() -> None:
    """Fewer than fifty customers, or nobody who came back, and no probability is fitted."""
    few = pl.DataFrame({"value_event_count": [1] * 49})
    none_returned = pl.DataFrame({"value_event_count": [0] * 60})
    enough = pl.DataFrame({"value_event_count": [0] * 49 + [1]})

    assert baseline.too_little(few) == "49 customers with a value event; 50 needed"
    assert baseline.too_little(none_returned) == (
        "none of 60 customers came back after their first value event"
    )
    assert baseline.too_little(enough) is None
