using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>Audio as a terminal encodes and cuts it, judged by ffmpeg.</summary>
public sealed class AudioSourceTests
{
    [Theory]
    [InlineData(AdpcmLayout.Dvi4LowFirst)]
    [InlineData(AdpcmLayout.Ima)]
    internal async Task Ffmpeg_decodes_our_ADPCM_to_the_samples_it_was_made_of(AdpcmLayout layout)
    {
        var clip = await Clips.FindAsync("tone.s16");
        var track = AudioSource.Load(clip, new PacketOptions(Adpcm: layout));
        using var wave = new TemporaryFile(".wav", Wave(track));

        var decoded = MemoryMarshal.Cast<byte, short>(await DecodeAsync(wave.Path)).ToArray();
        var original = MemoryMarshal.Cast<byte, short>(await File.ReadAllBytesAsync(clip)).ToArray();

        // A block of a wave file shows its header as a sample; in DVI4 that is one too many.
        var samples = ImaAdpcm.BlockSamples(320, layout);
        double signal = 0, noise = 0;
        for (var block = 1; block < track.Units.Length; block++)
            for (var i = 0; i < samples; i++)
            {
                double wanted = original[block * samples + i], got = decoded[block * 321 + (321 - samples) + i];
                signal += wanted * wanted;
                noise += (wanted - got) * (wanted - got);
            }
        Assert.InRange(10 * Math.Log10(signal / noise), 20, 80);
    }

    [Fact]
    public async Task The_samples_of_a_byte_may_change_places()
    {
        var clip = await Clips.FindAsync("tone.s16");
        var high = AudioSource.Load(clip, new PacketOptions()).Elementary.AsSpan(0, 164).ToArray();
        var low = AudioSource.Load(clip, new PacketOptions(Adpcm: AdpcmLayout.Dvi4LowFirst)).Elementary.AsSpan(0, 164).ToArray();

        Assert.Equal(low[..4], high[..4]);
        Assert.Equal(low[4..].Select(b => (byte)(b << 4 | b >> 4)), high[4..]);
    }

    [Theory]
    [InlineData("tone.g726-16", 8, 80)]
    [InlineData("tone.g726le-24", 8, 120)]
    [InlineData("tone.g726-32", 8, 160)]
    [InlineData("tone.g726le-40.s16", 8, 200)]
    [InlineData("tone.alaw", 6, 320)]
    [InlineData("tone.ulaw", 7, 320)]
    [InlineData("tone.s16", 26, 164)]
    public async Task Speech_comes_in_frames_of_40_ms(string clip, byte payloadType, int bytes)
    {
        var track = AudioSource.Load(await Clips.FindAsync(clip), new PacketOptions());

        Assert.Equal((payloadType, 40L), (track.Format.PayloadType, track.TimestampMs(1)));
        Assert.InRange(track.Units.Length, 249, 250);          // 10 s
        Assert.All(track.Units, u => Assert.Equal(bytes, track.Elementary[u.Elementary].Length));
    }

    [Theory]
    [InlineData(2, 20)]
    [InlineData(3, 26)]
    [InlineData(4, 33)]
    [InlineData(5, 40)]
    public async Task Ffmpeg_decodes_our_G726(int bits, double decibels)
    {
        var original = MemoryMarshal.Cast<byte, short>(await File.ReadAllBytesAsync(await Clips.FindAsync("tone.s16"))).ToArray();
        foreach (var lowFirst in (bool[])[false, true])
        {
            // ffmpeg's predictor fades as fast at 40 kbit/s as at the other rates.
            using var codes = new TemporaryFile(".g726", new G726Encoder(bits, fade: 8).Encode(original, lowFirst));
            var decoded = MemoryMarshal.Cast<byte, short>(await DecodeAsync(codes.Path, "-f", lowFirst ? "g726le" : "g726", "-code_size", $"{bits}")).ToArray();

            double signal = 0, noise = 0;
            for (var i = 8000; i < 72_000; i++)
            {
                signal += (double)original[i] * original[i];
                noise += Math.Pow(original[i] - decoded[i], 2);
            }
            Assert.InRange(10 * Math.Log10(signal / noise), decibels, 60);
        }
    }

    [Fact]
    public async Task AAC_comes_frame_by_frame_at_its_rate()
    {
        var track = AudioSource.Load(await Clips.FindAsync("tone.aac"), new PacketOptions());

        Assert.Equal((8000, 1, 128L), (track.Format.SampleRate, track.Format.Channels, track.TimestampMs(1)));
        Assert.InRange(track.Units.Length, 78, 81);
    }

    private static async Task<byte[]> DecodeAsync(string path, params string[] input)
    {
        using var output = new TemporaryFile(".raw", []);
        await FFmpeg.RunAsync("ffmpeg", ["-v", "error", "-y", .. input, "-i", path, "-f", "s16le", output.Path]);
        return await File.ReadAllBytesAsync(output.Path);
    }

    /// <summary>A wave file of IMA ADPCM, format tag 0x11.</summary>
    private static byte[] Wave(MediaTrack track)
    {
        var blocks = track.Elementary;
        var align = (ushort)track.Elementary[track.Units[0].Elementary].Length;
        var header = new byte[60];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), 52 + blocks.Length);
        "WAVEfmt "u8.CopyTo(header.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), 20);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(20), 0x11);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), 8000);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), 8000 * align / 321);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(32), align);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(34), 4);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(36), 2);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(38), (short)((align - 4) * 2 + 1));
        "fact"u8.CopyTo(header.AsSpan(40));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(44), 4);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(48), track.Units.Length * 321);
        "data"u8.CopyTo(header.AsSpan(52));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(56), blocks.Length);
        return [.. header, .. blocks];
    }
}
