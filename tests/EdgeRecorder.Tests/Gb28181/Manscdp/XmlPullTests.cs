using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;

namespace EdgeRecorder.Tests.Gb28181.Manscdp;

public sealed class XmlPullTests
{
    [Fact]
    public void Children_are_stepped_through_whether_they_are_read_or_not()
    {
        var xml = new XmlPull("<?xml version='1.0'?><!-- x --><a><b>1</b><c><d>2</d><d>3<e/></d></c><f/><n:g x='7' y = \"8\">  4  </n:g></a>");
        List<string> seen = [];
        while (xml.Child(1))
            if (xml.Is("c"))
                while (xml.Child(2))
                    seen.Add(xml.Name.ToString());
            else if (xml.Is("G"))
                seen.Add($"{xml.Attribute("X")}{xml.Attribute("y")}{xml.Attribute("z")}{xml.Text()}");
            else
                seen.Add(xml.Name.ToString());
        Assert.Equal(["b", "d", "d", "f", "784"], seen);
        Assert.False(xml.Child(1));
    }

    [Theory]
    [InlineData("<a>x</a>", "x")]
    [InlineData("<a/>", "")]
    [InlineData("<a x='/'>y</a>", "y")]
    [InlineData("<a>1<b>2<c>3</c></b>4</a>", "14")]
    [InlineData("<a>1<b/>4</a>", "14")]
    [InlineData("<a><![CDATA[<b>&amp;]]>c</a>", "<b>&amp;c")]
    [InlineData("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;</a>", "<>&\"'AB\U0001F600")]
    [InlineData("<a>R&D &nbsp; &#xD800; &;</a>", "R&D &nbsp; &#xD800; &;")]
    [InlineData("<a>\r\n one\r\n two \0</a>", "one   two")]
    [InlineData("\uFEFF <a>x</a>", "x")]
    public void Text_is_read(string document, string expected) => Assert.Equal(expected, new XmlPull(document).Text());

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")]
    [InlineData("<a><!ENTITY b SYSTEM \"file:///etc/passwd\"></a>")]
    [InlineData("<!doctype a><a/>")]
    [InlineData("<a>")]
    [InlineData("<a><b></a>")]
    [InlineData("</a>")]
    [InlineData("<a x='>")]
    [InlineData("<a <b>>")]
    [InlineData("< a>")]
    [InlineData("<a><!-- </a>")]
    [InlineData("x<a></a>")]
    [InlineData("<?xml")]
    public void What_is_no_document_is_refused(string document)
        => Assert.Throws<ProtocolException>(() =>
        {
            var xml = new XmlPull(document);
            while (xml.Child(1)) { }
        });

    [Fact]
    public void Depth_size_names_and_texts_are_bounded()
    {
        Assert.Throws<ProtocolException>(() => new XmlPull(string.Concat(Enumerable.Repeat("<a>", 17)) + string.Concat(Enumerable.Repeat("</a>", 17))).Text());
        Assert.Equal("", new XmlPull(string.Concat(Enumerable.Repeat("<a>", 16)) + string.Concat(Enumerable.Repeat("</a>", 16))).Text());
        Assert.Throws<ProtocolException>(() => new XmlPull(new string(' ', XmlPull.LargestDocument + 1)).Text());
        Assert.Throws<ProtocolException>(() => new XmlPull($"<{new string('a', 65)}/>").Text());
        Assert.Equal(256, new XmlPull($"<a>{new string('x', 100_000)}&amp;</a>").Text().Length);
    }

    [Fact]
    public void A_bomb_of_entities_never_gets_to_go_off()
    {
        var bomb = "<!DOCTYPE a [<!ENTITY b0 \"x\">" + string.Concat(Enumerable.Range(1, 30).Select(i => $"<!ENTITY b{i} \"&b{i - 1};&b{i - 1};\">")) + "]><a>&b30;</a>";
        Assert.Contains("document type", Assert.Throws<ProtocolException>(() => new XmlPull(bomb).Text()).Message, StringComparison.Ordinal);
    }
}
