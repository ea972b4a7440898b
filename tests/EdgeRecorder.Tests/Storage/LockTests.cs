using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

public sealed class LockTests : IDisposable
{
    private static readonly StreamKey Gate = new(1, 0);
    private readonly RingBench _bench = new(segments: 40);
    private readonly long _start;

    public LockTests()
    {
        _start = _bench.Clock.Utc;
        _bench.Open();
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Locked_footage_survives_the_laps_of_the_ring_and_the_rest_does_not()
    {
        _bench.Record(Gate, 300);
        Assert.Null(Lock("a", 101, 160));
        _bench.Record(Gate, 5000);
        var numbers = _bench.NumbersOf(Gate);
        Assert.Equal(Enumerable.Range(101, 60), numbers.Take(60));
        Assert.True(numbers[60] > 3000, "what was not locked has been overwritten");
        Assert.InRange(_bench.Ring.Status().Pool, 1, 3);
        Assert.Empty(_bench.Observer.Drops);
    }

    [Fact]
    public void A_lock_that_grows_keeps_what_it_grew_by_also_of_a_segment_that_was_copied()
    {
        _bench.Record(Gate, 300);
        Assert.Null(Lock("a", 101, 130));
        Wait.Until(() => _bench.Ring.Status().Pool > 0);
        Assert.True(_bench.Ring.Locks.TryExtend("a", _start + 161 * 1_000_000L));
        Assert.True(_bench.Ring.Locks.TryExtend("a", _start + 120 * 1_000_000L));     // never shorter
        Assert.False(_bench.Ring.Locks.TryExtend("b", _start));
        _bench.Record(Gate, 5000);
        Assert.Equal(Enumerable.Range(101, 60), _bench.NumbersOf(Gate).Take(60));
    }

    [Fact]
    public void A_lock_is_there_again_after_a_restart_without_an_index()
    {
        _bench.Record(Gate, 300);
        Assert.Null(Lock("a", 101, 160));
        _bench.Record(Gate, 3000);
        _bench.Ring.Dispose();
        foreach (var file in Directory.GetFiles(_bench.Folder, "index.db*"))
            File.Delete(file);
        _bench.Open();
        Assert.Null(Lock("a", 101, 160));
        _bench.Record(Gate, 3000);
        Assert.Equal(Enumerable.Range(101, 60), _bench.NumbersOf(Gate).Take(60));
    }

    [Fact]
    public void A_start_that_lacks_room_gives_up_nothing_before_the_locks_are_pinned()
    {
        _bench.Ring.Dispose();
        _bench.Options = _bench.Options with { KeepsAll = true };
        _bench.Open();
        _bench.Record(Gate, 1800);                          // the power goes before the ring has made room again
        var few = _bench.Ring.Status().Available;
        Assert.InRange(few, 1, 4);
        _bench.Ring.Dispose();
        _bench.Open();
        _bench.Record(Gate, 20);
        Assert.Equal(1, _bench.NumbersOf(Gate)[0]);
        Assert.Null(Lock("a", 1, 60));                      // the oldest, which would go first
        _bench.Ring.MayOverwrite();
        Wait.Until(() => _bench.Ring.Status().Available > few);
        Assert.Equal(Enumerable.Range(1, 60), _bench.NumbersOf(Gate).Take(60));
        Assert.NotEmpty(_bench.Observer.Evictions);
    }

    [Fact]
    public void Copies_of_several_locks_in_one_open_pool_segment_are_all_there_after_a_restart()
    {
        _bench.Record(Gate, 300);
        Assert.Null(Lock("a", 101, 105));
        Wait.Until(() => _bench.Ring.Status() is { Pool: 1, PinnedBytes: 0 });
        _bench.Record(Gate, 300);                           // into segments that are younger than the pool's
        Assert.Null(Lock("b", 401, 405));
        _bench.Record(Gate, 5000);                          // the originals are overwritten
        Assert.Equal(1, _bench.Ring.Status().Pool);
        var before = _bench.NumbersOf(Gate, to: _start + 600 * 1_000_000L);
        _bench.Ring.Dispose();
        _bench.Open();
        Assert.Empty(_bench.Observer.Holes);
        Assert.Equal(before, _bench.NumbersOf(Gate, to: _start + 600 * 1_000_000L));
        Assert.Equal(Enumerable.Range(401, 5), before.TakeLast(5));
    }

    [Fact]
    public void Locks_that_fill_the_pool_hold_again_after_a_restart_while_the_ring_still_has_the_originals()
    {
        _bench.Record(Gate, 600);
        Assert.Null(Lock("a", 1, 200));
        Wait.Until(() => _bench.Ring.Status() is { Pool: >= 4, PinnedBytes: 0 });
        Assert.Null(Lock("b", 401, 402));
        Wait.Until(() => _bench.Ring.Status().PinnedBytes == 0);
        _bench.Ring.Dispose();
        _bench.Open();
        _bench.Ring.Locks.PinAgain("a", Gate, _start + 1_000_000L, _start + 201_000_000L);
        _bench.Ring.Locks.PinAgain("b", Gate, _start + 401_000_000L, _start + 403_000_000L);
        _bench.Ring.Locks.Release("b");                     // what no lock holds goes back to the ring
        _bench.Record(Gate, 4000);
        Assert.Equal(Enumerable.Range(1, 200), _bench.NumbersOf(Gate).Take(200));
    }

    [Fact]
    public void Footage_and_its_copy_are_one_in_every_answer()
    {
        _bench.Record(Gate, 600);
        var before = Merged();
        Assert.Null(Lock("a", 101, 160));
        Wait.Until(() => _bench.Ring.Status().Pool > 0);
        _bench.Ring.Flush();
        Assert.Equal(before, Merged());
        Assert.Equal(Enumerable.Range(1, 600), _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_lock_is_copied_when_its_range_is_over_and_all_of_it_is_in_the_pool_and_says_so_until_that_is_noted()
    {
        var told = new List<(string Id, string Pool)>();
        var notes = false;
        _bench.Ring.Locks.Copied = (id, pool) =>
        {
            lock (told)
                told.Add((id, pool));
            return Volatile.Read(ref notes);
        };
        _bench.Record(Gate, 100);
        Assert.Null(Lock("a", 91, 130));
        Assert.Null(Lock("none", -50, -40));                // holds nothing: nothing is copied
        _bench.Record(Gate, 35);                            // the range is not over
        Assert.Empty(told);
        _bench.Record(Gate, 200);                           // sealed, copied
        Wait.Until(() => { lock (told) return told.Count >= 2; });
        Assert.Equal("a", told[0].Id);
        Volatile.Write(ref notes, true);
        _bench.Ring.Dispose();
        var before = told.Count;
        _bench.Open();                                      // pinned again at a start, it is found copied again
        _bench.Ring.Locks.Copied = (id, pool) =>
        {
            lock (told)
                told.Add((id, pool));
            return true;
        };
        Assert.Null(Lock("a", 91, 130));
        Wait.Until(() => { lock (told) return told.Count > before; });
        _bench.Ring.Dispose();
        Assert.Equal(before + 1, told.Count);
        Assert.All(told, t => Assert.Equal(told[0], t));
    }

    [Fact]
    public void A_released_lock_gives_its_pool_segments_back()
    {
        _bench.Record(Gate, 300);
        Assert.Null(Lock("a", 101, 160));
        _bench.Record(Gate, 2500);
        Assert.NotEqual(0, _bench.Ring.Status().Pool);
        _bench.Ring.Locks.Release("a");
        Wait.Until(() =>
        {
            _bench.Clock.Advance(1_000_000);                // limits are looked at every few seconds of the box's clock
            return _bench.Ring.Status().Pool == 0;
        });
        Assert.DoesNotContain(101, _bench.NumbersOf(Gate));
    }

    [Fact]
    public void A_full_pool_refuses_and_recording_goes_on()
    {
        _bench.Record(Gate, 1200);
        Assert.Null(Lock("a", 1, 300));
        Assert.Contains("full", Lock("b", 301, 900), StringComparison.Ordinal);
        _bench.Record(Gate, 3000);
        Assert.Empty(_bench.Observer.Drops);
        Assert.Equal(1, _bench.NumbersOf(Gate)[0]);
    }

    [Fact]
    public void A_lock_that_reaches_into_the_future_keeps_what_comes()
    {
        _bench.Record(Gate, 100);
        Assert.Null(Lock("a", 91, 130));
        _bench.Record(Gate, 4000);
        Assert.Equal(Enumerable.Range(91, 40), _bench.NumbersOf(Gate).Take(40));
    }

    /// <summary>Fragment n lies at [start + n, start + n + 1) seconds.</summary>
    private string? Lock(string id, int first, int last)
        => _bench.Ring.Locks.TryPin(id, Gate, _start + first * 1_000_000L, _start + (last + 1) * 1_000_000L);

    private List<(long From, long To)> Merged()
    {
        var merged = new List<(long From, long To)>();
        foreach (var span in _bench.Ring.Spans(Gate, 0, long.MaxValue))
            if (merged.Count > 0 && merged[^1].To == span.FromUtcUs)
                merged[^1] = (merged[^1].From, span.ToUtcUs);
            else
                merged.Add((span.FromUtcUs, span.ToUtcUs));
        return merged;
    }
}
