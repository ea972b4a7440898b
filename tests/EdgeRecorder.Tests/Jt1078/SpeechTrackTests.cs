using EdgeRecorder.Audio;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Audio;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class SpeechTrackTests
{
    private static readonly Track Coded = new() { Codec = Codec.Aac, TimeScale = 16_000, ChannelCount = 1, AudioSpecificConfig = [0x14, 0x08] };

    private readonly List<(AccessUnit Unit, byte[] Bytes)> _units = [];

    [Fact]
    public void Without_an_encoder_it_is_A_law()
    {
        using var track = new SpeechTrack(null, Take);
        var tone = Tone.Of(1000, 320);
        track.Add(tone, 800, 5, lossBefore: false);
        var (unit, bytes) = Assert.Single(_units);
        Assert.Equal((Codec.G711A, 8000, 1, 800L, 5L), (unit.Track.Codec, unit.Track.TimeScale, unit.Track.ChannelCount, unit.Pts, unit.ArrivalUs));
        Assert.Equal(tone.Select(ALawOf), bytes);
    }

    [Fact]
    public void With_an_encoder_it_is_what_that_makes_and_A_law_from_where_it_fails()
    {
        var coder = new Coder();
        using var track = new SpeechTrack(coder, Take);
        track.Add(Tone.Of(1000, 320), 800, 5, lossBefore: true);
        track.Add(Tone.Of(1000, 320), 1120, 6, lossBefore: false);
        Assert.Equal([(1600L, "0140", true), (2240L, "0140", false)], _units.Select(u => (u.Unit.Pts, Convert.ToHexString(u.Bytes), u.Unit.LossBefore)));
        Assert.All(_units, u => Assert.Same(Coded, u.Unit.Track));
        coder.Fails = true;
        track.Add(Tone.Of(1000, 320), 1440, 7, lossBefore: false);
        Assert.True(coder.IsDisposed);
        Assert.Equal((Codec.G711A, 1440L, 320), (_units[^1].Unit.Track.Codec, _units[^1].Unit.Pts, _units[^1].Bytes.Length));
    }

    private static byte ALawOf(short sample)
    {
        Span<byte> code = stackalloc byte[1];
        G711.EncodeALaw([sample], code);
        return code[0];
    }

    private void Take(AccessUnit unit)
    {
        _units.Add((unit, unit.Payload.ToArray()));
        unit.Payload.Release();
    }

    /// <summary>A frame for each packet: the number of its samples.</summary>
    private sealed class Coder : ISpeechCoder
    {
        public bool Fails { get; set; }
        public bool IsDisposed { get; private set; }
        public Track Track => Coded;

        public bool TryAdd(long time, ReadOnlySpan<short> samples, AacFrame frames)
        {
            if (Fails)
                return false;
            frames(2 * time, [(byte)(samples.Length >> 8), (byte)samples.Length]);
            return true;
        }

        public void Dispose() => IsDisposed = true;
    }
}
