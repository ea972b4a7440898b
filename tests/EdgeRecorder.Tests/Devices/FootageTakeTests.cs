using EdgeRecorder.Devices;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Devices;

public sealed class FootageTakeTests
{
    private static readonly DateTimeOffset From = new(2026, 1, 15, 8, 0, 0, TimeSpan.Zero);
    private readonly FakeEngine _ring = new();
    private readonly FakeRingStream _stream = new(new(1, 2), 0);

    [Fact]
    public void Media_that_says_its_time_is_dated_by_it()
    {
        using (var take = Take())
            Send(take, 0, 50, From.AddSeconds(7));
        Assert.Equal(From.AddSeconds(7), Date(0));
    }

    [Fact]
    public void Media_whose_epoch_is_the_terminals_own_midnight_is_moved_by_its_zone()
    {
        using (var take = Take())
            Send(take, 0, 50, From.AddHours(8));
        Assert.Equal(From, Date(0));
    }

    [Fact]
    public void Media_that_says_nothing_that_can_be_meant_begins_with_the_range()
    {
        using (var take = Take())
        {
            Send(take, 0, 50, new DateTimeOffset(1970, 1, 1, 3, 0, 0, TimeSpan.Zero));
            Assert.Equal(From.AddSeconds(1.96), take.Reached);
            Assert.Equal(598.04, take.Remaining!.Value.TotalSeconds);
            Send(take, 50, 14_960, null);
            Assert.Equal(-0.36, take.Remaining!.Value.TotalSeconds, 0.001);
        }
        Assert.Equal(From, Date(0));
    }

    [Fact]
    public void A_hole_in_what_the_device_stored_is_a_hole_here_and_nothing_of_it_is_smeared()
    {
        using (var take = Take())
        {
            Send(take, 0, 50, From);
            Send(take, 50, 50, From.AddMinutes(2));
        }
        var runs = _stream.Fragments.FindAll(f => f.StartsRun);
        Assert.Equal([From, From.AddMinutes(2)], runs.Select(f => DateTimeOffset.FromUnixTimeMilliseconds(_ring.ToUtcUs(f.BoottimeUs) / 1000)));
        Assert.Equal(100 * 3600, _stream.Fragments.Sum(f => f.Duration90k));
    }

    [Fact]
    public void What_the_ring_has_no_room_for_is_counted_and_a_run_begins_behind_it()
    {
        using var take = Take();
        Send(take, 0, 50, From);
        _stream.IsFull = true;
        Send(take, 50, 25, From.AddSeconds(2));
        _stream.IsFull = false;
        Send(take, 75, 50, From.AddSeconds(3));
        Assert.True(take.Refused > 0);
        Assert.Equal(2, _stream.Fragments.Count(f => f.StartsRun));
    }

    [Fact]
    public void Nothing_comes_behind_the_end()
    {
        var take = Take();
        Send(take, 0, 25, From);
        take.Dispose();
        var before = _stream.Fragments.Count;
        Send(take, 25, 25, From.AddSeconds(1));
        Assert.Equal(before, _stream.Fragments.Count);
    }

    private FootageTake Take()
    {
        var take = new FootageTake(_stream, _ring, new FootageWish(From, From.AddMinutes(10), 0, true));
        take.Announce([RecorderRig.Video]);
        return take;
    }

    private DateTimeOffset Date(int fragment) => DateTimeOffset.FromUnixTimeMilliseconds(_ring.ToUtcUs(_stream.Fragments[fragment].BoottimeUs) / 1000);

    private static void Send(FootageTake take, int first, int pictures, DateTimeOffset? says)
    {
        using var writer = new PayloadWriter(ChunkPool.Video);
        for (var i = 0; i < pictures; i++)
        {
            writer.Write(new byte[100]);
            take.Add(new AccessUnit
            {
                Track = RecorderRig.Video, Pts = (first + i) * 3600L, IsSync = (first + i) % 25 == 0, Payload = writer.Take(), ArrivalUs = 0,
                SourceUtcUs = says is { } time ? (time.ToUnixTimeMilliseconds() + i * 40) * 1000 : 0,
            });
        }
    }
}
