# A genuine Rails over the integrations table of the reference design: it writes rows in every way it knows, damages some, and tells what it
# reads. JSON on stdin, `do` names the job; JSON on stdout. Run by rails.py.

require "active_record"
require "base64"
require "json"
require "openssl"

ORDER = JSON.parse($stdin.read, symbolize_names: true)
CHANCE = Random.new(ORDER.fetch(:seed, 1))
DIGESTS = { "sha1" => OpenSSL::Digest::SHA1, "sha256" => OpenSSL::Digest::SHA256 }
Encryption = ActiveRecord::Encryption
WEBSITES, TABLE = ORDER.fetch(:tables, %w[pwb_websites pwb_website_integrations])

# A whole application in production: the defaults it loads decide the digest, its own credentials file holds the keys.
def boot(root, defaults)
  require "rails"
  require "active_record/railtie"
  ENV["DATABASE_URL"] = "sqlite3::memory:"
  Rails.env = "production"
  Dir.chdir(root) # where Rails looks for its root, and with it for the credentials file
  Class.new(Rails::Application) do
    config.load_defaults defaults
    config.eager_load = false
    config.secret_key_base = "EXAMPLE" * 10
    config.logger = Logger.new(nil)
  end.initialize!
end

def configure(given)
  settings = given.dup
  settings[:hash_digest_class] = DIGESTS.fetch(settings.delete(:digest)) if settings[:digest]
  Encryption.configure(**settings)
end

ORDER[:root] ? boot(ORDER[:root], ORDER.fetch(:defaults)) : configure(ORDER.fetch(:encryption))
ActiveRecord::Base.establish_connection(ORDER[:database])
ActiveRecord::Schema.verbose = false

# Before 8.0, Rails decrypts the text `\x7b22…` of a bytea column without unescaping it, and its own rows do not open: `deserialize` in
# encrypted_attribute_type.rb, mended by rails/rails#52729. Unless the order says `as_it_is`, that is mended here, so that all else is compared.
module Unescaped
  def deserialize(value) = super(cast_type.binary? ? Unescaped.bytes(value) : value)
  def self.bytes(value) = value.is_a?(String) && value.start_with?("\\x") ? PG::Connection.unescape_bytea(value) : value
end
Encryption::EncryptedAttributeType.prepend(Unescaped) unless ORDER[:as_it_is] || ActiveRecord.version >= Gem::Version.new("8.0")

class Website < ActiveRecord::Base
  self.table_name = WEBSITES
end

class Application < ActiveRecord::Base
  self.table_name = TABLE
end

# What an application may declare; each reads what it wrote.
JSON_TEXT = ->(one) { one.serialize :credentials, coder: JSON }
WAYS = {
  "documented" => ->(one) { one.encrypts :credentials; JSON_TEXT[one] },
  "serialized_first" => ->(one) { one.serialize :credentials, coder: JSON; one.encrypts :credentials },
  "hash_only" => ->(one) { one.serialize :credentials, type: Hash, coder: JSON; one.encrypts :credentials },
  "json_attribute" => ->(one) { one.attribute :credentials, :json; one.encrypts :credentials },
  "store" => ->(one) { one.store :credentials, accessors: [:api_key], coder: JSON; one.encrypts :credentials },
  "deterministic" => ->(one) { one.encrypts :credentials, deterministic: true; JSON_TEXT[one] },
  "not_fixed" => ->(one) { one.encrypts :credentials, deterministic: { fixed: false }; JSON_TEXT[one] },
  "downcased" => ->(one) { one.encrypts :credentials, deterministic: true, downcase: true; JSON_TEXT[one] },
  "own_key" => ->(one) { one.encrypts :credentials, key: ORDER.fetch(:own_key); JSON_TEXT[one] },
  "envelope" => ->(one) { one.encrypts :credentials, key_provider: Encryption::EnvelopeEncryptionKeyProvider.new; JSON_TEXT[one] },
  "uncompressed" => ->(one) { one.encrypts :credentials, encryptor: Encryption::Encryptor.new(compress: false); JSON_TEXT[one] },
  "previous" => ->(one) { one.encrypts :credentials, previous: [{ key: ORDER.fetch(:own_key) }]; JSON_TEXT[one] },
  "of_the_column" => ->(one) { one.encrypts :credentials }, # where the column itself is JSON
  "no_coder" => ->(one) { one.encrypts :credentials },
}
MODELS = Hash.new { |found, name| found[name] = Class.new(Application) { self.inheritance_column = nil }.tap(&WAYS.fetch(name)) }

def pick(list) = list[CHANCE.rand(list.size)]
def word(size) = Array.new(size) { pick([*"a".."z", *"A".."Z", *"0".."9", "-", "_"]) }.join
ODD = ["a", "é", "ñ", "日", "😀", "<", ">", "&", "\u2028", "\"", "\\", "\n", "\t", "/", "\u0001", "\u007f", "'", "%"]
def odd(size) = Array.new(size) { pick(ODD) }.join

def key = "k-#{word(pick([8, 30, 40, 80, 130, 131, 132, 160]))}-EXAMPLE"

# Keys that a provider would take, and what only the decryption is compared for.
def value
  case CHANCE.rand(20)
  when 0..12 then { "api_key" => key }
  when 13 then { api_key: key, "organisation" => nil }
  when 14 then { "api_key" => key.b.force_encoding("US-ASCII") }
  when 15 then { "api_key" => odd(pick([1, 20, 200])) }
  when 16 then { "api_key" => "  #{key}\n", "nested" => { "list" => [1, 2.5, nil, true, odd(5)], odd(3) => {} } }
  when 17 then { "api_key" => key * pick([1, 50, 3000]) }
  when 18 then pick([{}, nil, { "api_key" => "" }, { "api_key" => nil }])
  else pick([{ "api_key" => CHANCE.rand(10**12) }, { "api_key" => [key] }, { "api_key" => 1.5 }, { "api_key" => true }])
  end
end

def unlike
  pick([[], [key], "", "text", key, 1, 1.5, true, false, JSON.generate("api_key" => key), { "api_key" => key }.to_json.to_json])
end

def texts(found)
  [found.to_json, JSON.pretty_generate(found), key, "", odd(30), key.b, "Málaga".encode("ISO-8859-1"), "{\"api_key\":\"#{key}\"}".encode("US-ASCII")]
end

def given(way)
  found = CHANCE.rand(12).zero? && !%w[store hash_only].include?(way) ? unlike : value
  way == "no_coder" ? pick(texts(found)) : found
end

def schema(type)
  ActiveRecord::Schema.define do
    ids, owner = ORDER[:ids] ? [{ id: ORDER[:ids].to_sym }, { type: ORDER[:ids].to_sym }] : [{}, {}]
    create_table(WEBSITES, **ids) { |t| t.string :subdomain }
    create_table TABLE, **ids do |t|
      t.references :website, null: false, foreign_key: { to_table: WEBSITES }, **owner
      t.string :category, null: false
      t.string :provider, null: false
      t.column :credentials, type
      type == :text && connection.adapter_name == "PostgreSQL" ? t.jsonb(:settings, default: {}) : t.json(:settings, default: {})
      t.boolean :enabled, default: true
      t.datetime :last_used_at
      t.datetime :last_error_at
      t.text :last_error_message
      t.timestamps
    end
    add_index TABLE, [:website_id, :category, :provider], unique: true, name: "of_a_website"
  end
end

def turned(text)
  data = Base64.strict_decode64(text)
  return text if data.empty?
  data.setbyte(place = CHANCE.rand(data.bytesize), data.getbyte(place) ^ (1 << CHANCE.rand(8)))
  Base64.strict_encode64(data)
end

# What may happen to an envelope between two readings; some of it does no harm.
HARM = {
  "p" => ->(m) { m["p"] = turned(m["p"]) },
  "iv" => ->(m) { m["h"]["iv"] = turned(m["h"]["iv"]) },
  "at" => ->(m) { m["h"]["at"] = turned(m["h"]["at"]) },
  "short_at" => ->(m) { m["h"]["at"] = Base64.strict_encode64(Base64.strict_decode64(m["h"]["at"])[0, pick([0, 4, 12, 15])]) },
  "short_iv" => ->(m) { m["h"]["iv"] = Base64.strict_encode64(Base64.strict_decode64(m["h"]["iv"])[0, pick([0, 4, 8, 11])]) },
  "gone" => ->(m) { m["h"].delete(pick(m["h"].keys)) },
  "compressed" => ->(m) { m["h"].key?("c") ? m["h"].delete("c") : m["h"]["c"] = true },
  "false_c" => ->(m) { m["h"]["c"] = false unless m["h"].key?("c") },
  "reference" => ->(m) { m["h"]["i"] = Base64.strict_encode64(pick(["zzzz", "0000", "", m["h"]["i"] || "ffff"])) },
  "no_reference" => ->(m) { m["h"].delete("i") },
  "encoding" => ->(m) { m["h"]["e"] = Base64.strict_encode64(pick(["UTF-8", "ASCII-8BIT", "US-ASCII", "ISO-8859-1", "Windows-1252", "no-such"])) },
  "no_p" => ->(m) { m.delete("p") },
  "no_h" => ->(m) { m.delete("h") },
  "null_p" => ->(m) { m["p"] = nil },
  "loose" => ->(m) { m["p"] = pick([m["p"] + "\n", m["p"].delete("="), " #{m["p"]}", m["p"].tr("+/", "-_"), m["p"] + "="]) },
}

def harmed(column)
  message = JSON.parse(column)
  case CHANCE.rand(6)
  when 0
    alone = ["", "null", "{}", "x", "\"\"", "[]"]
    return pick([column[0, CHANCE.rand(column.size)], column + "}", " \n#{column}\t", column.to_json, "[#{column}]", "\u00a0#{column}", *alone])
  when 1
    turned = JSON.generate(message.to_a.reverse.to_h)
    return pick([JSON.pretty_generate(message), turned, column.gsub("/", "\\/"), column.sub("\"p\"", "\"\\u0070\""), column.sub("{", "{\"p\":\"\",")])
  end
  HARM.fetch(pick(HARM.keys)).call(message)
  JSON.generate(message)
end

def add(size, harm, type)
  schema(type.to_sym) unless ActiveRecord::Base.connection.table_exists?(WEBSITES)
  ways = ORDER[:ways] || WAYS.keys - ["of_the_column"]
  size.times.map do |number|
    site = Website.create!(subdomain: "site-#{Website.count + 1}")
    way = pick(ways)
    one = MODELS[way].create!(website_id: site.id, category: "ai", provider: "openai", credentials: given(way), enabled: CHANCE.rand(5) > 0)
    column = one.class.connection.select_value("SELECT credentials FROM #{TABLE} WHERE id = #{one.id}")
    if column && CHANCE.rand < harm && type == "text"
      Application.where(id: one.id).update_all(credentials: harmed(column))
    end
    [one.id, way]
  end
end

# Rows of which it is known what they hold.
def give(values, type)
  schema(type.to_sym)
  values.each_with_index.map do |credentials, number|
    site = Website.create!(subdomain: "site-#{number}")
    [MODELS["documented"].create!(website_id: site.id, category: "ai", provider: "openai", credentials: credentials).id, "documented"]
  end
end

def read(ids)
  ids.to_h do |id, way|
    one = MODELS[way].find(id)
    found = { way: way, website: Website.find(one.website_id).subdomain, enabled: one.enabled }
    begin
      type = one.class.attribute_types["credentials"]
      type = type.subtype if type.is_a?(ActiveRecord::Type::Serialized)
      raw = Unescaped.bytes(one.read_attribute_before_type_cast("credentials"))
      plain = type.send(:decrypt_as_text, raw) if raw && !ORDER[:as_it_is]
      found[:raw], found[:encoding] = plain && Base64.strict_encode64(plain), plain&.encoding&.name
      found[:value] = JSON.parse(JSON.generate([one.credentials])).first unless way == "no_coder"
    rescue StandardError => error
      found[:error] = error.class.name
    end
    [id, found]
  end
end

ANSWERS = {
  "write" => -> { read(add(ORDER[:rows], ORDER[:harm], ORDER.fetch(:type, "text"))) },
  "read" => -> { read(ORDER[:ids]) },
  "save" => -> { save },
  "all" => -> { all },
  "give" => -> { read(give(ORDER[:given], ORDER.fetch(:type))) },
  "sites" => -> { schema(:text); ORDER[:sites].map { |name| Website.create!(subdomain: name).id } },
}

# What the application changes of its own rows, as documented.
def save
  MODELS["documented"].where(website_id: Website.find_by!(subdomain: ORDER[:site]).id).find_each do |one|
    one.update!(credentials: one.credentials.merge("saved_again" => "yes"))
  end
  all
end

def all
  MODELS["documented"].order(:id).map do |one|
    told = { website: Website.find(one.website_id).subdomain }
    told.merge(one.as_json(only: %w[category provider credentials settings enabled]))
  rescue Encryption::Errors::Decryption
    told.merge(provider: one.provider, error: true)
  end
end

puts JSON.generate(ANSWERS.fetch(ORDER[:do]).call)
