using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Api;

/// <summary>How long a page stays logged in, by a clock that the test moves.</summary>
public sealed class SessionsTests : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromHours(12);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly LedgerDatabase _ledger;
    private readonly string _id;
    private Sessions _sessions;

    public SessionsTests()
    {
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        var users = new UserStore(_ledger, _time);
        users.Add("anna", "password", Role.Viewer);
        Restart();
        _id = _sessions.Begin(users.Find("anna")!).Id;
    }

    [Fact]
    public void A_session_ends_twelve_hours_after_its_last_request()
    {
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Idle);
            Assert.NotNull(_sessions.Find(_id));
        }
        _time.Advance(Idle + TimeSpan.FromSeconds(1));
        Assert.Null(_sessions.Peek(_id));
        Assert.Null(_sessions.Find(_id));
        Restart();
        Assert.Null(_sessions.Find(_id));
    }

    [Fact]
    public void Looking_is_no_use_of_it()
    {
        _time.Advance(Idle);
        Assert.NotNull(_sessions.Peek(_id));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_sessions.Peek(_id));
    }

    [Fact]
    public void The_hours_count_over_a_restart()
    {
        _time.Advance(Idle / 2);
        Restart();
        Assert.NotNull(_sessions.Peek(_id));
        _time.Advance(Idle / 2 + TimeSpan.FromSeconds(1));
        Assert.Null(_sessions.Peek(_id));
        Restart();
        Assert.Null(_sessions.Find(_id));
    }

    [Theory]
    [InlineData(-60)]                                       // years
    [InlineData(60)]
    public void A_wall_clock_that_is_set_ends_no_session_and_keeps_none(int years)
    {
        _time.WallStart = _time.WallStart.AddYears(years);
        Assert.NotNull(_sessions.Peek(_id));
        Assert.NotNull(_sessions.Find(_id));
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.NotNull(_sessions.Find(_id));                // and tells the ledger
        Restart();
        Assert.NotNull(_sessions.Find(_id));
        _time.Advance(Idle + TimeSpan.FromSeconds(1));
        Assert.Null(_sessions.Find(_id));
    }

    [Fact]
    public void A_wall_clock_that_is_set_back_shuts_nobody_out_who_mistyped()
    {
        var throttle = new Throttle(_time);
        for (var i = 0; i < 6; i++)
            throttle.Failed("anna", "192.0.2.1");
        _time.WallStart = _time.WallStart.AddYears(-60);
        Assert.InRange(throttle.Wait("anna", "192.0.2.1"), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.Zero, throttle.Wait("anna", "192.0.2.1"));
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _directory.Dispose();
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_sessions))]
    private void Restart() => _sessions = new Sessions(new SessionStore(_ledger), _time);
}
