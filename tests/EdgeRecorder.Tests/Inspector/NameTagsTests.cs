using EdgeRecorder.Inspector;

namespace EdgeRecorder.Tests.Inspector;

public sealed class NameTagsTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 9, 17, 4, 5, 67, TimeSpan.FromHours(8));

    [Theory]
    [InlineData("${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}", "20260309170405067@Gate")]
    [InlineData("${HH}-${mm}-${MM}", "17-04-03")]
    [InlineData("${yyyy]", "2026")]                         // as the published sample has it
    [InlineData("$ss}", "05")]
    [InlineData("$yyyy]", "2026")]
    [InlineData("${ChannelName}", "Gate")]
    [InlineData("${channelname}\\${yyyy]\\${MM}\\${dd}", "Gate\\2026\\03\\09")]
    [InlineData("${hh}${mm}$ss}_${fff}", "170405_067")]
    public void Expand_reads_tags_also_with_the_typing_errors_of_the_sample(string template, string expected)
        => Assert.Equal(expected, NameTags.Expand(template, At, "Gate"));

    [Theory]
    [InlineData("${yyyy", "${yyyy")]
    [InlineData("$5", "$5")]
    [InlineData("${foo}", "${foo}")]
    [InlineData("${YYYY}", "${YYYY}")]
    [InlineData("$", "$")]
    [InlineData("${", "${")]
    [InlineData("$yyyy", "$yyyy")]
    [InlineData("a:b*c?d\"e<f>g|h", "a_b_c_d_e_f_g_h")]
    [InlineData("$${ss}", "$05")]
    public void Expand_leaves_what_is_no_tag_as_text(string template, string expected) => Assert.Equal(expected, NameTags.Expand(template, At, "Gate"));

    [Theory]
    [InlineData("a/b", "a_b")]
    [InlineData("..", "_")]
    [InlineData("..\\x", ".._x")]
    [InlineData("a\0b\n", "a_b_")]
    [InlineData("${yyyy}", "${yyyy}")]                      // a value is not read again
    public void Expand_takes_a_name_that_cannot_add_a_directory(string channel, string expected) => Assert.Equal(expected, NameTags.Expand("${channelname}", At, channel));
}
