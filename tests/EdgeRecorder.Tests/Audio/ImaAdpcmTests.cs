using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Audio;

public sealed class ImaAdpcmTests
{
    [Theory]
    [InlineData(true, false)]                               // DVI4 as RFC 3551 has it and HiSilicon by default
    [InlineData(true, true)]
    [InlineData(false, true)]                               // IMA: 321 samples in 160 bytes
    public void A_tone_comes_back_whatever_the_layout(bool dvi4, bool firstIsLowest)
    {
        var reader = new ImaAdpcmReader();
        var samples = Decode(reader, [.. new ImaEncoder(dvi4, firstIsLowest).Blocks(Tone.Of(1000, 16_050), 320)]);

        Assert.Equal(new ImaLayout(firstIsLowest, HeaderIsSample: !dvi4), reader.Layout);
        var (frequency, signalToNoise) = Tone.Measure(samples.AsSpan(3000));
        Assert.InRange(frequency, 995, 1005);
        Assert.True(signalToNoise >= 20, $"{signalToNoise:F1} dB");
    }

    [Fact]
    public async Task A_tone_that_ffmpeg_encoded_comes_back()
    {
        var wav = await Tool.RunAsync("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=8000:duration=4", "-af", "volume=4",
            "-c:a", "adpcm_ima_wav", "-block_size", "256", "-f", "wav", "-");
        var data = wav.AsSpan().IndexOf("data"u8) + 8;
        var reader = new ImaAdpcmReader();
        var samples = Decode(reader, [.. wav[data..].Chunk(256).Where(block => block.Length == 256)]);

        Assert.True(reader.Layout.HeaderIsSample);
        var (frequency, signalToNoise) = Tone.Measure(samples.AsSpan(4000, 24_000));
        Assert.InRange(frequency, 995, 1005);
        Assert.True(signalToNoise >= 20, $"{signalToNoise:F1} dB");
    }

    [Fact]
    public void One_block_that_fits_another_layout_by_chance_changes_nothing()
    {
        var blocks = new ImaEncoder(dvi4: true, firstIsLowest: false).Blocks(Tone.Of(1000, 3200), 320).ToArray();
        var reader = new ImaAdpcmReader();
        Decode(reader, blocks[..4]);
        var strange = (byte[])blocks[4].Clone();
        strange[0] ^= 0x10;
        Decode(reader, [strange, .. blocks[5..]]);
        Assert.Equal(new ImaLayout(false, false), reader.Layout);
    }

    [Fact]
    public void Every_prefix_and_damaged_blocks_raise_ProtocolException_or_decode()
    {
        var block = new ImaEncoder(dvi4: true, firstIsLowest: false).Blocks(Tone.Of(1000, 320), 320).Single();
        var target = new short[ImaAdpcmReader.LargestBlock * 2];
        for (var length = 0; length < 4; length++)
            Assert.Throws<ProtocolException>(() => ImaAdpcmDecoder.Decode(block.AsSpan(0, length), default, target));
        var reader = new ImaAdpcmReader();
        var refused = 0;
        foreach (var damaged in Damage.Of(block))
            try
            {
                reader.Decode(damaged, follows: true, target);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.InRange(refused, 50, Damage.Rounds - 50);
    }

    private static short[] Decode(ImaAdpcmReader reader, byte[][] blocks)
    {
        var target = new short[ImaAdpcmReader.LargestBlock * 2];
        return [.. blocks.SelectMany(block => target[..reader.Decode(block, follows: true, target)])];
    }
}
