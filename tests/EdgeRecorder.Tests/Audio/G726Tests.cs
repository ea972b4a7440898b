using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EdgeRecorder.Audio;

namespace EdgeRecorder.Tests.Audio;

/// <summary>Files and digests: data/audio/origin.txt.</summary>
public sealed class G726Tests
{
    [Theory]
    [InlineData("tone", 16)]
    [InlineData("tone", 24)]
    [InlineData("tone", 32)]
    [InlineData("tone", 40)]
    [InlineData("speech", 24)]
    [InlineData("speech", 40)]
    public void It_decodes_bit_for_bit_what_another_implementation_does(string name, int rate)
    {
        var samples = Decode(name, rate, rfc3551: false);
        var digest = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<short>(samples)));
        Assert.Contains($"{name} {rate}: {samples.Length} samples, SHA-256 of them as s16le {digest}", File.ReadAllText(Data("origin.txt")), StringComparison.Ordinal);
        Assert.Equal(samples, Decode(name, rate, rfc3551: true));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(40)]
    public void A_tone_comes_back_as_A_law_in_both_packings(int rate)
    {
        foreach (var packing in (G726Packing[])[G726Packing.Aal2, G726Packing.Rfc3551])
        {
            var codes = File.ReadAllBytes(Data($"tone-g726-{rate}-{packing.ToString().ToLowerInvariant()}.bin"));
            var decoded = Read(new G726Reader(packing), codes, rate, packetLength: rate * 5);
            var stored = new byte[decoded.Length];
            G711.EncodeALaw(decoded, stored);
            var (frequency, signalToNoise) = Tone.Measure(ALaw.Decode(stored).AsSpan(1600));
            Assert.InRange(frequency, 995, 1005);
            Assert.True(signalToNoise >= 20, $"{rate} kbit/s {packing}: {signalToNoise:F1} dB");
        }
    }

    [Theory]
    [InlineData("speech", 24)]
    [InlineData("speech", 40)]
    [InlineData("tone", 24)]
    [InlineData("tone", 40)]
    public void The_packing_is_heard_where_code_words_cross_bytes(string name, int rate)
    {
        foreach (var packing in (G726Packing[])[G726Packing.Aal2, G726Packing.Rfc3551])
        {
            var reader = new G726Reader(G726Packing.Auto);
            var codes = File.ReadAllBytes(Data($"{name}-g726-{rate}-{packing.ToString().ToLowerInvariant()}.bin"));
            Read(reader, codes, rate, packetLength: rate * 5);
            Assert.Equal(packing, reader.Found);
        }
    }

    [Fact]
    public void Where_code_words_do_not_cross_bytes_the_packing_is_the_setting_else_the_usual_one()
    {
        foreach (var rate in (int[])[16, 32])
        {
            var codes = File.ReadAllBytes(Data($"tone-g726-{rate}-rfc3551.bin"));
            var (unset, set) = (new G726Reader(G726Packing.Auto), new G726Reader(G726Packing.Rfc3551));
            Read(unset, codes, rate, rate * 5);
            Read(set, codes, rate, rate * 5);
            Assert.Equal((G726Packing.Aal2, G726Packing.Rfc3551), (unset.Found, set.Found));
        }
    }

    [Fact]
    public void Silence_decides_nothing()
    {
        var reader = new G726Reader(G726Packing.Auto);
        Read(reader, [.. Enumerable.Repeat((byte)0xFF, 30_000)], 24, 120);
        Assert.Equal(G726Packing.Auto, reader.Found);
    }

    [Fact]
    public void Any_bytes_decode_to_something()
    {
        var random = new Random(726);
        var target = new short[4096 * 4];
        for (var bits = 2; bits <= 5; bits++)
        {
            var decoder = new G726Decoder(bits);
            for (var round = 0; round < 500; round++)
            {
                var codes = new byte[random.Next(1, 401)];
                random.NextBytes(codes);
                Assert.Equal(codes.Length * 8 / bits, decoder.Decode(codes, round % 2 == 0, target));
            }
        }
    }

    internal static string Data(string name) => Path.Combine(AppContext.BaseDirectory, "data", "audio", name);

    private static short[] Decode(string name, int rate, bool rfc3551)
    {
        var codes = File.ReadAllBytes(Data($"{name}-g726-{rate}-{(rfc3551 ? "rfc3551" : "aal2")}.bin"));
        var samples = new short[codes.Length * 4];
        return samples[..new G726Decoder(rate / 8).Decode(codes, rfc3551, samples)];
    }

    private static short[] Read(G726Reader reader, byte[] codes, int rate, int packetLength)
    {
        var target = new short[packetLength * 4];
        return [.. codes.Chunk(packetLength).SelectMany(packet => target[..reader.Decode(packet, rate / 8, target)])];
    }
}
