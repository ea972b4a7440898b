using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Tests.Bytes;

public sealed class Gb18030Tests
{
    private static readonly Encoding Framework = CodePagesEncodingProvider.Instance.GetEncoding(54936)!;

    [Fact]
    public void Every_four_byte_code_of_the_basic_plane_is_what_the_framework_says_it_is()
    {
        var wrong = new List<string>();
        for (var linear = 0; linear < 39_420; linear++)
        {
            byte[] code = [(byte)(0x81 + linear / 12600), (byte)(0x30 + linear / 1260 % 10), (byte)(0x81 + linear / 10 % 126), (byte)(0x30 + linear % 10)];
            if (Framework.GetString(code) is var theirs && theirs != Gb18030.Decode(code))
                wrong.Add($"{Convert.ToHexString(code)} {(int)theirs[0]:X4} {(int)Gb18030.Decode(code)[0]:X4}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_two_byte_code_is_what_the_framework_says_it_is()
    {
        var wrong = new List<string>();
        for (var lead = 0x81; lead <= 0xFE; lead++)
            for (var trail = 0x40; trail <= 0xFE; trail++)
                if (trail != 0x7F && Framework.GetString([(byte)lead, (byte)trail]) is var theirs && theirs != Gb18030.Decode([(byte)lead, (byte)trail]))
                    wrong.Add($"{lead:X2}{trail:X2} {(int)theirs[0]:X4} {(int)Gb18030.Decode([(byte)lead, (byte)trail])[0]:X4}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_character_survives()
    {
        for (var code = 0; code < 0x10FFFF; code += code < 0x10000 ? 1 : 97)
        {
            if (code is >= 0xD800 and < 0xE000 or 0xFFFD)
                continue;
            var text = char.ConvertFromUtf32(code);
            var bytes = Gb18030.Encode(text);
            Assert.Equal(text, Gb18030.Decode(bytes));
            if (code is < 0xE000 or > 0xF8FF)               // the private area: the framework has some of it in two places
                Assert.Equal(text, Framework.GetString(bytes));
        }
    }

    [Theory]
    [InlineData("C7B0C3C5C9E3CFF1BBFA", "前门摄像机")]
    [InlineData("410D0A00", "A\r\n\0")]
    [InlineData("9439FC36", "\U0001F600")]
    [InlineData("41C7", "A\uFFFD")]
    [InlineData("81308130", "\u0080")]
    [InlineData("813081", "\uFFFD0\uFFFD")]
    [InlineData("FE39FE39", "\uFFFD")]
    public void Bytes_are_read(string hex, string text) => Assert.Equal(text, Gb18030.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Half_a_pair_is_a_question_mark() => Assert.Equal("?A?"u8, Gb18030.Encode("\uD83DA\uDE97"));
}
