using EdgeRecorder.Audio;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Audio;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class AudioReaderTests
{
    [Theory]
    [InlineData(16, 40, false)]
    [InlineData(24, 40, false)]
    [InlineData(32, 40, true)]
    [InlineData(40, 40, false)]
    [InlineData(32, 20, false)]                             // 80 bytes: 16 kbit/s by its size, 32 by its stamps
    [InlineData(40, 20, true)]
    [InlineData(24, 60, false)]
    public void A_tone_in_G726_comes_back_at_its_rate_and_length(int rate, int frameMs, bool withHeader)
    {
        var output = new Output();
        using var reader = new AudioReader(AudioHint.Unknown, output);
        var codes = File.ReadAllBytes(G726Tests.Data($"tone-g726-{rate}-aal2.bin"));
        var stamp = 1_768_437_045_000ul;
        foreach (var packet in codes.Chunk(rate * frameMs / 8))
        {
            reader.Read(8, withHeader ? WithHeader(packet) : packet, new(stamp, 8, DataType.Audio, 0), lossBefore: false);
            stamp += (ulong)frameMs;
        }
        var (frequency, signalToNoise) = Tone.Measure([.. output.Spoken.Skip(10).SelectMany(samples => samples)]);
        Assert.InRange(frequency, 995, 1005);
        Assert.True(signalToNoise >= 20, $"{signalToNoise:F1} dB");
        Assert.All(output.Spoken.Skip(1).SkipLast(1), samples => Assert.Equal(frameMs * 8, samples.Length));
        Assert.Empty(output.Units);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tone_in_ADPCM_comes_back_with_and_without_the_HiSilicon_header(bool withHeader)
    {
        var output = new Output();
        using var reader = new AudioReader(AudioHint.Unknown, output);
        var stamp = 0ul;
        foreach (var block in new ImaEncoder(dvi4: true, firstIsLowest: false).Blocks(Tone.Of(1000, 16_000), 320))
        {
            reader.Read(26, withHeader ? WithHeader(block) : block, new(stamp, 26, DataType.Audio, 0), lossBefore: false);
            stamp += 40;
        }
        var (frequency, signalToNoise) = Tone.Measure(output.Spoken.SelectMany(samples => samples).ToArray().AsSpan(1600));
        Assert.InRange(frequency, 995, 1005);
        Assert.True(signalToNoise >= 20, $"{signalToNoise:F1} dB");
    }

    [Theory]
    [InlineData(6, Codec.G711A)]
    [InlineData(7, Codec.G711U)]
    public void G711_is_stored_as_it_comes_without_the_HiSilicon_header(int payloadType, Codec codec)
    {
        var output = new Output();
        using var reader = new AudioReader(AudioHint.Unknown, output);
        var tone = new byte[160];
        G711.EncodeALaw(Tone.Of(1000, 160), tone);
        reader.Read((byte)payloadType, tone, default, false);
        reader.Read((byte)payloadType, WithHeader(tone), default, false);
        Assert.Equal(2, output.Units.Count);
        Assert.All(output.Units, unit => Assert.Equal((Convert.ToHexString(tone), codec, 160), (Convert.ToHexString(unit.Bytes), unit.Track.Codec, unit.Samples)));
    }

    [Fact]
    public void What_only_looks_like_a_HiSilicon_header_is_sound()
    {
        foreach (var body in (byte[][])[[0, 1, 9, 0, 1, 2, 3, 4], [0, 1, 2, 1, 1, 2, 3, 4], [0, 2, 2, 0, 1, 2, 3, 4], [0, 1, 0, 0], [0, 1, 2]])
            Assert.Equal(body.Length, AudioReader.WithoutHiSiliconHeader(body).Length);
        Assert.Equal(4, AudioReader.WithoutHiSiliconHeader([0, 1, 2, 0, 1, 2, 3, 4]).Length);
        Assert.Equal(600, AudioReader.WithoutHiSiliconHeader([0, 1, 300 % 256, 0, .. new byte[600]]).Length);      // modulo 256
    }

    [Fact]
    public void Several_AAC_frames_of_one_body_follow_each_other()
    {
        var output = new Output();
        using var reader = new AudioReader(AudioHint.Unknown, output);
        var adts = Convert.FromHexString("FFF16C40017FFC21100540");
        reader.Read(19, [.. adts, .. adts, .. adts], new(500, 19, DataType.Audio, 0), false);
        Assert.Equal([0, 1024, 2048], output.Units.Select(unit => unit.Offset));
        Assert.All(output.Units, unit => Assert.Equal("21100540", Convert.ToHexString(unit.Bytes)));
        reader.Read(19, [.. adts, .. adts[..9]], new(600, 19, DataType.Audio, 0), false);
        Assert.Equal(4, output.Units.Count);
        Assert.Contains("aac_frame_length", Assert.Single(output.Losses), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16_000, 2, 16_000, 2)]
    [InlineData(8_000, 1, 8_000, 1)]
    [InlineData(12_345, 9, 8_000, 1)]                       // what no AAC has
    public void AAC_without_ADTS_is_described_by_the_hint(int rate, int channels, int expectedRate, int expectedChannels)
    {
        var output = new Output();
        using var reader = new AudioReader(new() { SamplingRate = rate, Channels = channels }, output);
        reader.Read(24, [0x21, 0x10, 0x05, 0x40], default, false);
        var unit = Assert.Single(output.Units);
        Assert.Equal((expectedRate, expectedChannels), (unit.Track.TimeScale, unit.Track.ChannelCount));
        var config = AacConfig.Parse(unit.Track.AudioSpecificConfig);
        Assert.Equal((2, expectedRate, expectedChannels), (config.ObjectType, config.SamplingRate, config.Channels));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(45)]
    [InlineData(120)]
    public void A_packet_that_names_no_codec_has_the_one_the_terminal_declared(int payloadType)
    {
        var output = new Output();
        using var reader = new AudioReader(new() { PayloadType = 7 }, output);
        reader.Read((byte)payloadType, new byte[160], default, false);
        Assert.Equal(Codec.G711U, Assert.Single(output.Units).Track.Codec);
    }

    [Fact]
    public void Any_bytes_of_any_codec_give_units_or_losses_and_nothing_else()
    {
        var output = new Output();
        using var reader = new AudioReader(AudioHint.Unknown, output);
        var body = WithHeader(new ImaEncoder(dvi4: true, firstIsLowest: false).Blocks(Tone.Of(1000, 320), 320).Single());
        byte[] types = [6, 7, 8, 19, 26];
        var round = 0;
        foreach (var damaged in Damage.Of([.. body, 0xFF, 0xF1, 0x6C, 0x40, 0x01, 0x7F, 0xFC, 0x21, 0x10, 0x05, 0x40]))
        {
            var bytes = round % 3 == 0 ? damaged.AsSpan(Math.Min(damaged.Length, body.Length)) : damaged;
            if (bytes.Length > 0)
                reader.Read(types[round % types.Length], bytes, new((ulong)round * 40, types[round % types.Length], DataType.Audio, 0), round % 7 == 0);
            round++;
        }
        var heard = output.Units.Count + output.Spoken.Count;
        Assert.True(heard > 10_000 && output.Losses.Count > 100, $"{heard} {output.Losses.Count}");
    }

    private static byte[] WithHeader(byte[] body) => [0, 1, (byte)(body.Length / 2), 0, .. body];

    private sealed record Unit(Track Track, byte[] Bytes, int Offset, int Samples);

    private sealed class Output : IAudioOutput
    {
        public List<Unit> Units { get; } = [];
        public List<short[]> Spoken { get; } = [];
        public List<string> Losses { get; } = [];

        public void AudioUnit(Track track, Payload payload, in FrameHead frame, int offset, int samples, bool lossBefore)
        {
            Units.Add(new(track, payload.ToArray(), offset, samples));
            payload.Release();
        }

        public void Speech(ReadOnlySpan<short> samples, in FrameHead frame, bool lossBefore) => Spoken.Add(samples.ToArray());

        public void Skipped(string codec) => Assert.Fail(codec);

        public void Lost(int units, string why) => Losses.Add(why);
    }
}
