using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace EdgeRecorder.Simulators.GbDevice.Messages;

/// <summary>What a platform says in XML, read by the framework's parser.</summary>
internal sealed class PlatformDocument
{
    private readonly XElement _root;

    private PlatformDocument(XElement root) => _root = root;

    /// <summary>Query, Control, Notify or Response.</summary>
    public string Root => _root.Name.LocalName;
    public string CmdType => Required("CmdType");
    public int Sn => int.Parse(Required("SN"), CultureInfo.InvariantCulture);
    public string DeviceId => Required("DeviceID");

    /// <summary>Anywhere in the document.</summary>
    public string? this[string name] => _root.Descendants(name).FirstOrDefault()?.Value.Trim();

    /// <summary>The elements behind CmdType, SN and DeviceID: what a control is about.</summary>
    public IEnumerable<(string Name, string Value)> Rest
        => _root.Elements().Where(e => e.Name.LocalName is not ("CmdType" or "SN" or "DeviceID")).Select(e => (e.Name.LocalName, e.HasElements ? e.ToString(SaveOptions.DisableFormatting) : e.Value.Trim()));

    public DateTime? Time(string name)
        => this[name] is { Length: > 0 } text ? DateTime.ParseExact(text, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) : null;

    /// <exception cref="MalformedException">It is no such document.</exception>
    public static PlatformDocument Read(byte[] body)
    {
        _ = Charset.Of("gb2312");                              // knows the code pages from now on
        try
        {
            using var bytes = new MemoryStream(body);
            using var reader = XmlReader.Create(bytes, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            var document = new PlatformDocument(XElement.Load(reader));
            if (document.Root is not ("Query" or "Control" or "Notify" or "Response"))
                throw new MalformedException($"root element {document.Root}");
            if (document.Sn < 1)
                throw new MalformedException($"SN {document.Sn}");
            return document;
        }
        catch (Exception e) when (e is XmlException or FormatException or OverflowException)
        {
            throw new MalformedException($"XML: {e.Message}");
        }
    }

    private string Required(string name) => _root.Element(name)?.Value is { Length: > 0 } value ? value : throw new MalformedException($"no {name}");
}
