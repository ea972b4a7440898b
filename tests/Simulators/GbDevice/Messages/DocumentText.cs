using System.Globalization;
using System.Text;

namespace EdgeRecorder.Simulators.GbDevice.Messages;

/// <summary>How a device writes and what it says about that; not always the same.</summary>
internal sealed record Charset(string Declared, Encoding Encoding)
{
    static Charset() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>The last two say one thing and do the other.</summary>
    public static readonly string[] Names = ["gb2312", "gb18030", "utf-8", "gb2312-in-utf-8", "utf-8-in-gb2312"];

    public static Charset Of(string name) => name switch
    {
        "gb18030" => new("GB18030", Encoding.GetEncoding("GB18030")),
        "utf-8" => new("UTF-8", Encoding.UTF8),
        "gb2312-in-utf-8" => new("GB2312", Encoding.UTF8),
        "utf-8-in-gb2312" => new("UTF-8", Encoding.GetEncoding("gb2312")),
        _ => new("GB2312", Encoding.GetEncoding("gb2312")),
    };
}

/// <summary>An XML document of GB/T 28181 (annex A), written line by line as devices do.</summary>
internal sealed class DocumentText
{
    public const string ContentType = "Application/MANSCDP+xml";

    private readonly StringBuilder _text = new();
    private readonly string _root;

    /// <param name="root">Notify or Response.</param>
    public DocumentText(string root, string cmdType, int sn, string deviceId)
    {
        _root = root;
        Line($"<{root}>");
        Field("CmdType", cmdType);
        Field("SN", sn);
        Field("DeviceID", deviceId);
    }

    public DocumentText Field(string name, string value)
    {
        var escaped = value.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
        Line($"<{name}>{escaped}</{name}>");
        return this;
    }

    public DocumentText Field(string name, long value) => Field(name, value.ToString(CultureInfo.InvariantCulture));

    public DocumentText Field(string name, double value) => Field(name, value.ToString("0.######", CultureInfo.InvariantCulture));

    public DocumentText Open(string element, int? num = null)
    {
        Line(num is null ? $"<{element}>" : $"<{element} Num=\"{num}\">");
        return this;
    }

    public DocumentText Close(string element)
    {
        Line($"</{element}>");
        return this;
    }

    public byte[] ToBytes(Charset charset)
        => charset.Encoding.GetBytes($"<?xml version=\"1.0\" encoding=\"{charset.Declared}\"?>\r\n{_text}</{_root}>\r\n");

    /// <summary>Beijing time without a zone.</summary>
    public static string Time(DateTime beijing) => beijing.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private void Line(string line) => _text.Append(line).Append("\r\n");
}
