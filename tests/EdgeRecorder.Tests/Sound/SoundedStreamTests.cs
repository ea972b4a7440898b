using EdgeRecorder.Audio;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;
using EdgeRecorder.Tests.Live;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Sound;

/// <summary>G.711 of a stream made AAC, fragment by fragment; decoded again by ffmpeg.</summary>
public sealed class SoundedStreamTests : IDisposable
{
    private const int PacketSamples = 160, PicturesPerSecond = 25;

    private readonly TemporaryDirectory _directory = new();
    private readonly Feed _feed = new();
    private readonly SoundedStream _stream = new(new AacSound(NullLogger<AacSound>.Instance));
    private readonly List<Fragment> _sounded = [];

    public void Dispose()
    {
        foreach (var fragment in _sounded)
            fragment.Release();
        _stream.Dispose();
        _feed.Close();
        var recorded = _feed.Fragments.ToList();
        _feed.Dispose();
        _directory.Dispose();
        Assert.All(recorded, fragment => Assert.False(fragment.TryAddReference(), "somebody still holds a fragment"));
    }

    [Theory]
    [InlineData(Codec.G711A)]
    [InlineData(Codec.G711U)]
    public async Task What_is_heard_is_heard_when_it_was_said(Codec law)
    {
        // Two beeps of 1 kHz, a second in and three and a half.
        Send(new Track { Codec = law, TimeScale = 8000, ChannelCount = 1 }, seconds: 5, at => at is >= 8000 and < 12_000 or >= 28_000 and < 32_000 ? Math.Sin(2 * Math.PI * at / 8) : 0);
        var heard = await DecodeAsync();
        AssertBeep(heard, 1.0, 1.5);
        AssertBeep(heard, 3.5, 4.0);
        var (frequency, signalToNoise) = Tone(heard, 1.1, 1.4);
        Assert.InRange(frequency, 995, 1005);
        Assert.True(signalToNoise > 20, $"{signalToNoise:0.0} dB");
    }

    [Fact]
    public async Task Sound_that_pauses_is_silence_and_comes_back_in_its_place()
    {
        Send(LiveFeed.Law, seconds: 6, at => at is >= 8000 and < 12_000 or >= 40_000 and < 44_000 ? Math.Sin(2 * Math.PI * at / 8) : 0, isSent: at => at is < 12_000 or >= 36_000);
        var heard = await DecodeAsync();
        AssertBeep(heard, 1.0, 1.5);
        AssertBeep(heard, 5.0, 5.5);
        // Players never wait for sound: its end is never further behind the pictures than the pause that is allowed and the coder's way.
        long end = 0;
        foreach (var fragment in _sounded)
        {
            foreach (var track in MovieFragment.Parse(fragment.ToArray()).Tracks.Where(track => track.TrackId == 2))
                end = MediaTime.From(track.End, fragment.Init.Tracks[^1].TimeScale);
            Assert.True(end >= fragment.MediaStart90k + fragment.Duration90k - 45_000 - 18_000, $"sound ends at {end}, pictures at {fragment.MediaStart90k + fragment.Duration90k}");
        }
    }

    [Fact]
    public void Frames_follow_each_other_without_a_hole_and_pictures_stay_as_they_were()
    {
        Send(LiveFeed.Law, seconds: 4, at => Math.Sin(2 * Math.PI * at / 8));
        var tracks = _sounded.ConvertAll(fragment => MovieFragment.Parse(fragment.ToArray()).Tracks);
        var recorded = _feed.Fragments.ConvertAll(fragment => MovieFragment.Parse(fragment.ToArray()).Tracks[0]);
        Assert.Equal(recorded.SelectMany(track => track.Samples.Select(sample => (sample.Dts, sample.Duration, sample.Size, sample.IsSync, sample.CompositionOffset))),
            tracks.SelectMany(both => both[0].Samples.Select(sample => (sample.Dts, sample.Duration, sample.Size, sample.IsSync, sample.CompositionOffset))));
        var frames = tracks.SelectMany(both => both.Where(track => track.TrackId == 2)).SelectMany(track => track.Samples).ToList();
        Assert.InRange(frames.Count, 55, 63);
        Assert.All(frames.Zip(frames.Skip(1)), pair => Assert.Equal(pair.First.Dts + 1024, pair.Second.Dts));
        Assert.All(frames, frame => Assert.Equal((0, 1024), (frame.Dts % 1024, (int)frame.Duration)));
        Assert.All(_feed.Fragments.Zip(_sounded), pair => Assert.Equal(
            (pair.First.MediaStart90k, pair.First.Duration90k, pair.First.IsSync, pair.First.EndsGop, pair.First.StartsRun, pair.First.BoottimeUs),
            (pair.Second.MediaStart90k, pair.Second.Duration90k, pair.Second.IsSync, pair.Second.EndsGop, pair.Second.StartsRun, pair.Second.BoottimeUs)));
    }

    [Fact]
    public void What_browsers_take_already_passes_as_it_is()
    {
        _feed.Announce(LiveFeed.Video);
        for (var i = 0; i < 50; i++)
            _feed.Add(new Clip.Unit(LiveFeed.Video, i * 3600L, i % 25 == 0, new byte[1000], i * 40_000L));
        Take();
        Assert.Equal(_feed.Fragments, _sounded);
    }

    [Fact]
    public async Task A_stream_of_sound_alone_has_AAC_alone()
    {
        Send(LiveFeed.Law, seconds: 4, at => at is >= 8000 and < 12_000 ? Math.Sin(2 * Math.PI * at / 8) : 0, hasPictures: false);
        Assert.Equal(Codec.Aac, Assert.Single(_sounded[0].Init.Tracks).Codec);
        Assert.All(_sounded.Zip(_sounded.Skip(1)), pair => Assert.Equal(pair.First.MediaStart90k + pair.First.Duration90k, pair.Second.MediaStart90k));
        AssertBeep(await DecodeAsync(), 1.0, 1.5);
    }

    /// <param name="wave">−1 … 1 for a sample of 8 kHz.</param>
    private void Send(Track law, int seconds, Func<int, double> wave, Func<int, bool>? isSent = null, bool hasPictures = true)
    {
        _feed.Announce(hasPictures ? [LiveFeed.Video, law] : [law]);
        var codes = law.Codec == Codec.G711A ? G711.ALawTable : G711.MuLawTable;
        for (var at = 0; at < seconds * 8000; at += PacketSamples)
        {
            if (hasPictures && at % (8000 / PicturesPerSecond) == 0)
                _feed.Add(new Clip.Unit(LiveFeed.Video, at * 90L / 8, at % 8000 == 0, new byte[1000], at * 125L));
            if (isSent?.Invoke(at) == false)
                continue;
            byte[] packet = [.. Enumerable.Range(at, PacketSamples).Select(i => Nearest(codes, wave(i) * 12_000))];
            _feed.Add(new Clip.Unit(law, at, true, packet, at * 125L));
        }
        _feed.Close();
        Take();
    }

    private void Take()
    {
        foreach (var fragment in _feed.Fragments)
            if (_stream.Add(fragment) is { } sounded)
                _sounded.Add(sounded);
    }

    private static byte Nearest(short[] codes, double value)
    {
        var best = 0;
        for (var code = 1; code < codes.Length; code++)
            if (Math.Abs(codes[code] - value) < Math.Abs(codes[best] - value))
                best = code;
        return (byte)best;
    }

    /// <summary>Samples of 16 kHz from media time 0 on: what players show at an instant, whatever comes before the first frame.</summary>
    private async Task<short[]> DecodeAsync()
    {
        var path = _directory.File("sounded.mp4");
        await File.WriteAllBytesAsync(path, [.. _sounded[0].Init.Bytes, .. _sounded.SelectMany(fragment => fragment.ToArray())]);
        var start = MovieFragment.Parse(_sounded.Select(fragment => fragment.ToArray()).First(bytes => MovieFragment.Parse(bytes).Tracks[^1].TrackId == 2)).Tracks[^1].DecodeTime;
        var bytes = await Tool.RunAsync("ffmpeg", "-v", "fatal", "-i", path, "-map", "0:a", "-f", "s16le", "-");
        return [.. new short[start], .. System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(bytes).ToArray()];
    }

    /// <summary>Loud from one instant to the other, within 15 ms, and silent around it.</summary>
    private static void AssertBeep(short[] heard, double from, double to)
    {
        double Loudness(double at) => heard.AsSpan((int)(at * 16_000), 160).ToArray().Average(sample => Math.Abs((double)sample));
        Assert.True(Loudness(from - 0.045) < 600, $"{Loudness(from - 0.045)} before {from}");
        Assert.True(Loudness(from + 0.005) > 4000, $"{Loudness(from + 0.005)} behind {from}");
        Assert.True(Loudness(to - 0.035) > 4000, $"{Loudness(to - 0.035)} before {to}");     // the last packet of 20 ms waits for one behind it
        Assert.True(Loudness(to + 0.045) < 600, $"{Loudness(to + 0.045)} behind {to}");
    }

    /// <summary>Every second sample: what measures tones counts 8000 a second.</summary>
    private static (double Frequency, double SignalToNoise) Tone(short[] heard, double from, double to)
        => Audio.Tone.Measure([.. heard[(int)(from * 16_000)..(int)(to * 16_000)].Where((_, i) => i % 2 == 0)]);
}
