export type Hub = { readonly id: string; readonly name: string; readonly lat: number; readonly lon: number };

const hub = (id: string, name: string, lat: number, lon: number): Hub => ({ id, name, lat, lon });

/** One per state, at its capital. */
export const hubs: readonly Hub[] = [
  hub('AC', 'Rio Branco', -9.9747, -67.81),
  hub('AL', 'Maceió', -9.6658, -35.735),
  hub('AM', 'Manaus', -3.119, -60.0217),
  hub('AP', 'Macapá', 0.0349, -51.0694),
  hub('BA', 'Salvador', -12.9718, -38.5011),
  hub('CE', 'Fortaleza', -3.7319, -38.5267),
  hub('DF', 'Brasília', -15.7939, -47.8828),
  hub('ES', 'Vitória', -20.3155, -40.3128),
  hub('GO', 'Goiânia', -16.6864, -49.2643),
  hub('MA', 'São Luís', -2.5307, -44.3068),
  hub('MG', 'Belo Horizonte', -19.9167, -43.9345),
  hub('MS', 'Campo Grande', -20.4697, -54.6201),
  hub('MT', 'Cuiabá', -15.6014, -56.0974),
  hub('PA', 'Belém', -1.4558, -48.4902),
  hub('PB', 'João Pessoa', -7.1195, -34.845),
  hub('PE', 'Recife', -8.0476, -34.877),
  hub('PI', 'Teresina', -5.0892, -42.8019),
  hub('PR', 'Curitiba', -25.429, -49.2671),
  hub('RJ', 'Rio de Janeiro', -22.9068, -43.1729),
  hub('RN', 'Natal', -5.7945, -35.211),
  hub('RO', 'Porto Velho', -8.7619, -63.9039),
  hub('RR', 'Boa Vista', 2.8235, -60.6758),
  hub('RS', 'Porto Alegre', -30.0346, -51.2177),
  hub('SC', 'Florianópolis', -27.5954, -48.548),
  hub('SE', 'Aracaju', -10.9472, -37.0731),
  hub('SP', 'São Paulo', -23.5505, -46.6333),
  hub('TO', 'Palmas', -10.1844, -48.3336),
];

/** `SP>RJ`. */
export const laneIdOf = (origin: string, destination: string): string => `${origin}>${destination}`;
