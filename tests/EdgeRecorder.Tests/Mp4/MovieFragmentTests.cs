using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Mp4;

public sealed class MovieFragmentTests
{
    private static async Task<byte[]> MoofAsync()
    {
        using var feed = new Feed(mediaEnd90k: 1L << 40);
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, bFrames: 2));
        var bytes = feed.Fragments[1].ToArray();
        return bytes[..MovieFragment.HeadLength(bytes)];
    }

    [Fact]
    public async Task Every_prefix_is_refused()
    {
        var moof = await MoofAsync();
        for (var length = 0; length < moof.Length; length++)
            Assert.Throws<ProtocolException>(() => MovieFragment.Parse(moof.AsSpan(0, length)));
    }

    [Fact]
    public async Task Damaged_bytes_raise_ProtocolException_and_nothing_else()
    {
        var moof = await MoofAsync();
        var random = new Random(20_001);
        var refused = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var damaged = moof.ToArray();
            for (var hits = random.Next(1, 6); hits > 0; hits--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                MovieFragment.Parse(damaged);
                MovieFragment.Rebase(damaged, 12345, 48_000);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 500, 19_999);
    }

    [Fact]
    public async Task Rebase_moves_both_tracks_and_nothing_else()
    {
        var moof = await MoofAsync();
        var before = MovieFragment.Parse(moof);
        var moved = moof.ToArray();
        MovieFragment.Rebase(moved, 1L << 40, 48_000);
        var after = MovieFragment.Parse(moved);
        Assert.Equal(before.Tracks[0].DecodeTime - (1L << 40), after.Tracks[0].DecodeTime);
        Assert.Equal(before.Tracks[1].DecodeTime - MediaTime.To(1L << 40, 48_000), after.Tracks[1].DecodeTime);
        Assert.Equal(before.Tracks[0].Samples.Select(s => (s.Size, s.Duration, s.CompositionOffset, s.IsSync)), after.Tracks[0].Samples.Select(s => (s.Size, s.Duration, s.CompositionOffset, s.IsSync)));
    }

    [Fact]
    public void A_released_fragment_holds_nothing_and_a_second_release_throws()
    {
        using var writer = new PayloadWriter(new ChunkPool(4096));
        var fragmenter = new EdgeRecorder.Recording.Fragmenter(1 << 20);
        var track = new Track { Codec = Codec.H264, TimeScale = 90_000 };
        fragmenter.Announce([track]);
        writer.Write(new byte[100]);
        fragmenter.Add(new AccessUnit { Track = track, Pts = 0, IsSync = true, Payload = writer.Take(), ArrivalUs = 0 });
        var fragment = fragmenter.Close()!;
        fragment.AddReference();
        fragment.Release();
        Assert.False(fragment.Head.IsEmpty);
        fragment.Release();
        Assert.True(fragment.Head.IsEmpty);
        Assert.True(fragment.Payloads.IsEmpty);
        Assert.Throws<InvalidOperationException>(fragment.Release);
    }

    [Theory]
    [InlineData(0, 48_000)]
    [InlineData(123_456_789_012, 44_100)]
    [InlineData(long.MaxValue / 100_000, 8000)]
    public void Times_convert_without_passing_each_other(long time90k, int rate)
    {
        var down = MediaTime.To(time90k, rate);
        Assert.InRange(time90k - MediaTime.From(down, rate), 0, 90_000 / rate + 1);
        Assert.InRange(MediaTime.ToUp(time90k, rate) - down, 0, 1);
        Assert.InRange(MediaTime.FromUp(down, rate) - MediaTime.From(down, rate), 0, 1);
        Assert.Equal(down, MediaTime.To(MediaTime.FromUp(down, rate), rate));
    }
}
